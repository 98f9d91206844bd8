import { createServer } from 'node:net'
import t from 'tap'
import { probePort, startServer } from '../../../src/net/node/start-server.ts'

void t.test('resolves when it listens, and leaves no listener behind', async t => {
  const server = createServer()
  await startServer(server, { host: '127.0.0.1', port: 0 })
  t.equal(server.listening, true)
  t.equal(server.listenerCount('error'), 0)
  server.close()
})

void t.test("rejects with the system's error", async t => {
  const server = createServer()
  await t.rejects(startServer(server, { host: '203.0.113.1', port: 0 }), { code: 'EADDRNOTAVAIL' })
})

void t.test('a port that can be had', async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const port = await probePort(host, 0)
    t.ok(port > 0)
    t.equal(await probePort(host, port), port, 'and again')
    const server = createServer()
    await new Promise<void>(resolve => server.listen(port, host, resolve))
    await t.rejects(probePort(host, port), { code: 'EADDRINUSE' })
    server.close()
  }
})

void t.test('of an address that is not here there is none', async t => {
  await t.rejects(probePort('192.0.2.1', 0), { code: 'EADDRNOTAVAIL' })
})
