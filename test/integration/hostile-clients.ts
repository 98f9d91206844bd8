/** Clients that stall, talk nonsense, or guess: others are served, nothing crashes, nothing grows. */
import { randomBytes, randomInt, scryptSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { hashPassword } from '../../src/auth/password-hash.ts'
import { within } from '../fixtures/children.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { cpuMs } from '../fixtures/process-figures.ts'
import type { ProxyAddress, SocksClient } from '../fixtures/socks-client.ts'
import { loginBytes, openSocks, requestOf } from '../fixtures/socks-client.ts'
import type { Eyeballd, StartOptions } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const HANDSHAKE_MS = 2000
const PASSWORD = 'correct horse'

const target = await tcpTarget(t, echo)

const start = async (t: Test, options: StartOptions = {}): Promise<Eyeballd> =>
  startEyeballd(t, {
    config: {
      listeners: [
        { name: 'plain', protocol: 'socks', listen: '127.0.0.1:0' },
        {
          name: 'users',
          protocol: 'socks',
          listen: '127.0.0.1:0',
          auth: { users: { alice: await hashPassword(Buffer.from(PASSWORD)), bob: 'builder' } },
        },
      ],
      // Nonsense may happen to be a request: it must not leave this host, as a query or as a SYN.
      access: [{ action: 'allow', to: ['127.0.0.0/8'] }, { action: 'deny' }],
      resolver: { servers: ['127.0.0.1:1'], search: [], timeout: '1s', attempts: 1 },
      limits: { handshakeTimeout: `${HANDSHAKE_MS}ms`, authFailureDelay: '50ms' },
      // With one for every two cores, how many files are left would depend on the machine.
      pipe: { halfCloseTimeout: '2s', workers: 1 },
    },
    ...options,
  })

/** A whole connection of an honest client; gives the time that it took. */
const serve = async (proxy: ProxyAddress, login?: readonly [string, string]): Promise<number> => {
  const begin = performance.now()
  const client = await openSocks(proxy)
  await client.greet([login ? 2 : 0])
  if (login && (await client.login(...login)) !== 0) throw new Error('the login failed')
  client.sendRequest(target.host, target.port)
  const { code } = await client.readReply()
  client.write('hello')
  const heard = (await client.read(5)).toString()
  client.socket.end()
  await client.over
  client.destroy()
  if (code !== 0 || heard !== 'hello') throw new Error(`reply ${code}, heard ${heard}`)
  return performance.now() - begin
}

await t.test('300 silent clients are closed in time, and keep nobody out', async t => {
  const eyeballd = await start(t)
  await serve(eyeballd.address('plain'))
  const begin = performance.now()
  const silent: SocksClient[] = []
  await inParallel(300, 50, async i => {
    const client = await openSocks(eyeballd.address(i % 2 === 0 ? 'plain' : 'users'))
    // Some say nothing, some begin; some trickle, which must not make their time longer.
    if (i % 3 === 1) client.write(Buffer.from([5]))
    if (i % 3 === 2) {
      client.write(Buffer.from([5, 200]))
      const trickle = setInterval(() => client.write(Buffer.from([0])), HANDSHAKE_MS / 8)
      void client.over.then(() => clearInterval(trickle))
    }
    silent.push(client)
  })
  const served = await serve(eyeballd.address('plain'))
  t.ok(served < 1000, `a new client is served meanwhile, in ${served.toFixed(0)} ms`)
  await within(HANDSHAKE_MS + 3000, 'all are closed', Promise.all(silent.map(({ over }) => over)))
  const took = performance.now() - begin
  t.ok(took > HANDSHAKE_MS - 100, `and not before their time: ${took.toFixed(0)} ms`)
  for (const client of silent) client.destroy()
  await eyeballd.stop(t)
})

await t.test('400 connections of nonsense crash nothing', async t => {
  const eyeballd = await start(t)
  const nonsense = [
    () => randomBytes(randomInt(1, 600)),
    () => Buffer.concat([Buffer.from([5, 1, 0]), randomBytes(randomInt(1, 600))]),
    () => Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, randomInt(6)]), randomBytes(300)]),
    () => Buffer.concat([Buffer.from([5, 1, 2]), randomBytes(randomInt(1, 600))]),
    () => Buffer.from('GET / HTTP/1.1\r\nhost: example.com\r\n\r\n'),
    () => Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 0]),
    () => Buffer.concat([Buffer.from([0x16, 3, 1]), randomBytes(200)]),
    () => Buffer.from([5, 0]),
  ]
  const login = loginBytes('alice', 'wrong')
  const half = async (client: SocksClient): Promise<void> => {
    client.write(Buffer.from([5, 1, 2]))
    await client.read(2)
    client.write(login.subarray(0, randomInt(1, login.length)))
    await sleep(randomInt(50))
    client.write(login.subarray(randomInt(1, login.length)))
  }
  await inParallel(400, 25, async i => {
    const client = await openSocks(eyeballd.address(i % 2 === 0 ? 'plain' : 'users'))
    if (i % 5 === 0) await half(client).catch(() => {})
    else client.write(nonsense[i % nonsense.length]?.() ?? '')
    await sleep(randomInt(20))
    if (i % 4 === 0) client.socket.resetAndDestroy()
    else if (i % 4 === 1) client.socket.end()
    else await Promise.race([client.over, sleep(50)])
    client.destroy()
  })
  t.equal(eyeballd.child.exitCode, null, 'it is alive')
  await serve(eyeballd.address('plain'))
  await serve(eyeballd.address('users'), ['alice', PASSWORD])
  t.pass('and serves')
  t.same(eyeballd.linesOf('fatal'), [])
  await eyeballd.stop(t)
})

await t.test('half-sent logins of two clients do not mix', async t => {
  const eyeballd = await start(t)
  const proxy = eyeballd.address('users')
  const good = loginBytes('bob', 'builder')
  const bad = loginBytes('bob', 'breaker')
  const clients = await Promise.all([openSocks(proxy), openSocks(proxy), openSocks(proxy)])
  const texts = [good, bad, loginBytes('alice', PASSWORD)]
  for (const client of clients) await client.greet([2])
  for (let at = 0; at < 40; at++) {
    for (const [i, client] of clients.entries()) {
      const byte = texts[i]?.subarray(at, at + 1)
      if (byte?.length === 1) client.write(byte)
    }
    await sleep(1)
  }
  const answers = await Promise.all(clients.map(client => client.read(2)))
  t.same(
    answers.map(answer => answer[1] === 0),
    [true, false, true],
  )
  for (const client of clients) client.destroy()
  await eyeballd.stop(t)
})

await t.test('50 logins with one password do not cost 50 hashes', async t => {
  const eyeballd = await start(t)
  const proxy = eyeballd.address('users')
  const before = process.cpuUsage()
  scryptSync(PASSWORD, randomBytes(16), 32, { N: 2 ** 14, r: 8, p: 1 })
  const { user, system } = process.cpuUsage(before)
  const hashMs = (user + system) / 1000
  await inParallel(20, 10, () => serve(eyeballd.address('plain')))
  const idle = cpuMs(eyeballd.pid)
  // One after the other: at the same time they would share one verification anyway.
  await inParallel(50, 1, () => serve(proxy, ['alice', PASSWORD]))
  const used = cpuMs(eyeballd.pid) - idle
  t.comment(`one hash: ${hashMs.toFixed(0)} ms of CPU; 50 logins: ${used} ms`)
  t.ok(used < 20 * hashMs, 'less than 20 hashes, all else included')
  await eyeballd.stop(t)
})

await t.test('a request behind a login that is still being verified is not lost', async t => {
  const eyeballd = await start(t)
  const client = await openSocks(eyeballd.address('users'))
  client.write(
    Buffer.concat([
      Buffer.from([5, 1, 2]),
      loginBytes('alice', PASSWORD),
      requestOf(target.host, target.port),
      Buffer.from('early'),
    ]),
  )
  t.same([...(await client.read(4))], [5, 2, 1, 0])
  t.equal((await client.readReply()).code, 0)
  t.equal((await client.read(5)).toString(), 'early')
  client.destroy()
  const line = await eyeballd.waitFor(({ event }) => event === 'race')
  t.equal(line['user'], 'alice')
  await eyeballd.stop(t)
})

/** The sources are read by a loader that has many files open itself; the build starts with 64. */
const OPEN_FILES = process.env['EYEBALLD_BIN'] ? 64 : 192

await t.test('with few open files an honest client is served while others fill it', async t => {
  const eyeballd = await start(t, {
    wrap: ['sh', '-c', `ulimit -n ${OPEN_FILES}; exec "$@"`, 'sh'],
  })
  const inForce = Number(eyeballd.linesOf('listening')[0]?.['connections'])
  t.ok(
    inForce >= 1 && 4 * inForce < OPEN_FILES - 20,
    `${inForce} connections are in force with ${OPEN_FILES} files`,
  )
  const proxy = eyeballd.address('plain')
  const crowd: SocksClient[] = []
  const full: string[] = []
  for (let i = 0; i < 2 * inForce; i++) {
    const client = await openSocks(proxy)
    if (i >= inForce) void client.over.then(how => full.push(how))
    crowd.push(client)
  }
  await eyeballd.waitFor(({ reason }) => reason === 'limit')
  t.ok(
    await eventually(() => full.length === inForce),
    'one too many is closed soon, not left to wait',
  )
  const begin = performance.now()
  let served: number | undefined
  for (let tries = 0; served === undefined && tries < 100; tries++) {
    served = await serve(proxy).catch(() => undefined)
    if (served === undefined) await sleep(100)
  }
  const waited = performance.now() - begin
  t.ok(
    served !== undefined,
    `an honest client is served once the silent ones are out, after ${waited.toFixed(0)} ms`,
  )
  t.ok(waited < HANDSHAKE_MS + 3000)
  t.equal(eyeballd.child.exitCode, null)
  for (const client of crowd) client.destroy()
  await eyeballd.stop(t)
})
