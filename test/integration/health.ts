/** Whether a daemon is well, as those ask who would replace it: it is, also where it is full or lets others in. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { askAdmin } from '../fixtures/ask-admin.ts'
import { within } from '../fixtures/children.ts'
import { reload } from '../fixtures/reload.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import type { ProxyAddress } from '../fixtures/socks-client.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { runEyeballd, startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)

/** The exit status of the command, and what it said. */
const check = async (t: Test, ...args: readonly string[]) => {
  const { code, stdout, stderr } = await runEyeballd(t, { command: 'healthcheck', args })
  return { code, said: stdout + stderr }
}

const portOf = (eyeballd: Eyeballd, listener?: string): number => eyeballd.address(listener).port

const loopback = (port: number): ProxyAddress => ({ host: '127.0.0.1', port })

/** Lines that somebody would look at. */
const noise = (eyeballd: Eyeballd) => eyeballd.lines.filter(({ level }) => level > 30)

await t.test('a daemon whose clients leave the host out', async t => {
  const args = ['-l', '0.0.0.0:0', '--clients', '192.0.2.0/24']
  const eyeballd = await startEyeballd(t, { args })
  const port = portOf(eyeballd)
  for (let i = 0; i < 3; i++)
    t.match(await check(t, '--proxy', `127.0.0.1:${port}`), { code: 0, said: /is healthy/ })
  t.same(eyeballd.linesOf('rejected'), [], 'no check is in the log')

  const { client, reply } = await askSocks(loopback(port), target.host, target.port)
  t.equal(reply.code, 2, 'a greeting is all that it may send')
  client.destroy()
  t.match(await eyeballd.waitFor(({ event }) => event === 'rejected'), {
    level: 40,
    reason: 'access',
    reply: 2,
  })
  t.equal(target.sockets.length, 0)
  await eyeballd.stop(t)
})

await t.test('a daemon that is full', async t => {
  const config = {
    listeners: [{ name: 's', protocol: 'socks', listen: '127.0.0.1:0' }],
    limits: { maxConnections: 1 },
    admin: { listen: '127.0.0.1:0' },
  }
  const eyeballd = await startEyeballd(t, { config, listening: 2 })
  const port = portOf(eyeballd, 's')
  const { client } = await askSocks(loopback(port), target.host, target.port)
  t.match(await check(t, '--proxy', `127.0.0.1:${port}`), { code: 0 })
  t.match(await check(t, '--admin', `127.0.0.1:${portOf(eyeballd, 'admin')}`), { code: 0 })
  const late = await openSocks(loopback(port))
  t.equal(await late.greet(), 0)
  late.sendRequest(target.host, target.port)
  t.equal((await late.readReply()).code, 1)
  late.destroy()
  t.match(await eyeballd.waitFor(({ event }) => event === 'rejected'), { reason: 'limit' })
  client.write('hello')
  t.equal(String(await client.read(5)), 'hello')
  client.destroy()
  await eyeballd.stop(t)
})

await t.test('forwards alone, users, a UNIX socket: by the endpoint', async t => {
  const folder = makeSocketDir(t)
  const admin = `unix:${join(folder, 'admin')}`
  for (const listeners of [
    [{ protocol: 'forward', listen: '127.0.0.1:0', target: '192.0.2.1:1' }],
    [{ protocol: 'socks', listen: '127.0.0.1:0', auth: { users: { alice: 'secret' } } }],
    [{ protocol: 'socks', listen: `unix:${join(folder, 'socks')}` }],
  ]) {
    const eyeballd = await startEyeballd(t, {
      config: { listeners },
      args: ['--admin', admin],
      listening: 2,
    })
    t.equal(statSync(join(folder, 'admin')).mode & 0o777, 0o600)
    t.match(await check(t, '--admin', admin), { code: 0 })
    t.match(await check(t, '--admin', `unix:${join(folder, 'none')}`), { code: 1 })
    t.same(noise(eyeballd), [])
    await eyeballd.stop(t)
    t.notOk(existsSync(join(folder, 'admin')), 'it goes with the daemon')
    t.match(await check(t, '--admin', admin), { code: 1, said: /is not healthy/ })
  }
})

await t.test('words that are wrong, or ask for help', async t => {
  t.match(await check(t, '--admin', 'x'), { code: 2, said: /^eyeballd: --admin: "x" is not/ })
  t.match(await check(t, '--admn', 'x'), { code: 2, said: /--admn: is not an option/ })
  t.match(await check(t, '-c', '/nonexistent'), { code: 2, said: /there is no such file/ })
  t.match(await check(t, '--help'), { code: 0, said: /--admin ADDR.*--proxy ADDR/s })
})

for (const processes of [1, 2]) {
  await t.test(`ready or not, processes: ${processes}`, async t => {
    const config = (listen: string, rest: object = {}) => ({
      listeners: [{ name: 's', protocol: 'socks', listen: '127.0.0.1:0' }],
      admin: { listen, ...rest },
      processes,
    })
    const eyeballd = await startEyeballd(t, { config: config('127.0.0.1:0'), listening: 2 })
    const admin = loopback(portOf(eyeballd, 'admin'))
    t.match(await askAdmin(admin, '/readyz'), { status: 200 })
    t.match(await askAdmin(admin, '/readyz', { Host: 'evil.example' }), { status: 403 })
    t.match(await askAdmin(admin, '/nothing'), { status: 404 })

    await t.test('it is no target of its own', async t => {
      const { port } = eyeballd.address('admin')
      const { client, reply } = await askSocks(eyeballd.address('s'), '127.0.0.1', port)
      t.equal(reply.code, 2)
      client.destroy()
      t.match(await eyeballd.waitFor(({ event }) => event === 'rejected'), { reason: 'loop' })
    })

    await t.test('a reload moves it, or leaves it where it is', async t => {
      const taken = config(`127.0.0.1:${target.port}`)
      t.match(await reload(eyeballd, taken), { level: 50, error: /another process/ })
      t.match(await askAdmin(admin, '/readyz'), { status: 200 })
      const bad = config('0.0.0.0:0')
      t.match(await reload(eyeballd, bad), { level: 50, error: /and no token/ })
      const good = config('0.0.0.0:0', { token: 'secret' })
      t.match(await reload(eyeballd, good), { level: 30 })
      await t.rejects(askAdmin(admin, '/readyz'), { code: 'ECONNREFUSED' })
    })
    const line = eyeballd.linesOf('listening').findLast(({ listener }) => listener === 'admin')
    const moved = loopback(Number(String(line?.['address']).split(':').at(-1)))
    t.match(await askAdmin(moved, '/readyz'), { status: 200 })
    t.match(await askAdmin(moved, '/metrics'), { status: 401 })
    const headers = { Authorization: 'Bearer secret' }
    t.match(await askAdmin(moved, '/metrics', headers), { status: 200 })

    const { client } = await askSocks(eyeballd.address('s'), target.host, target.port)
    eyeballd.kill('SIGTERM')
    await eyeballd.waitFor(({ event }) => event === 'draining')
    t.match(await askAdmin(moved, '/readyz'), { status: 503, body: 'draining\n' })
    t.match(await askAdmin(moved, '/healthz'), { status: 200 }, 'it is not to be killed')
    client.socket.end()
    t.match(await within(5000, 'it ends', eyeballd.exited), { code: 0, stderr: '' })
    await t.rejects(askAdmin(moved, '/healthz'), { code: 'ECONNREFUSED' })
  })
}
