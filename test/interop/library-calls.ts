/** The examples of the library's own calls, run as programs. */
import { createServer } from 'node:net'
import t from 'tap'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { refusing } from '../fixtures/library-races.ts'
import { portBehindDeadIpv6, runExample } from '../fixtures/run-example.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

t.test('connect', async t => {
  const { port } = await tcpTarget(t, echo)
  const won = await runExample(t, 'connect.mjs', ['localhost', String(port)])
  t.equal(won.stdout, 'connected to 127.0.0.1\n')
  const dead = await refusing()
  const lost = await runExample(t, 'connect.mjs', ['localhost', String(dead.port)])
  t.match(lost.stdout, /^ECONNREFUSED (?:::1|127\.0\.0\.1) ECONNREFUSED /)
})

t.test('startConnection, and on with the rest of the list', async t => {
  const port = await portBehindDeadIpv6(t)
  const listen = (address: string, greeting: string): Promise<void> =>
    new Promise(resolve => {
      const server = createServer(socket => socket.on('error', () => {}).end(greeting))
      t.teardown(() => server.close())
      server.listen(port, address, resolve)
    })
  await listen('127.0.0.2', '')
  await listen('127.0.0.3', 'hello')
  const addresses = ['::1', '127.0.0.2', '127.0.0.3']
  const { stdout } = await runExample(t, 'start-connection.mjs', [String(port), ...addresses])
  t.equal(stdout, '127.0.0.3 says hello\n')
})

t.test('openConnection', async t => {
  const { port } = await httpOrigin(t)
  const { stdout } = await runExample(t, 'web-streams.mjs', ['localhost', String(port)])
  t.match(stdout, /^HTTP\/1\.[01] \d+ /)
})

t.test('RaceMachine', async t => {
  const { stdout } = await runExample(t, 'race-machine.mjs', [])
  t.equal(stdout, '2001:db8::1 wake-at\n192.0.2.1 wake-at\ncancel won\n')
})
