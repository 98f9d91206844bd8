/** Hostile clients of a mixed port: the first byte comes late, never, or begins any protocol; honest clients are served meanwhile. */
import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { within } from '../fixtures/children.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { descriptorNames } from '../fixtures/process-figures.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { openSocks, requestOf } from '../fixtures/socks-client.ts'
import type { Eyeballd, StartOptions } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const HANDSHAKE_MS = 2000

const target = await tcpTarget(t, echo)

const CONFIG = {
  listeners: [{ protocol: 'mixed', listen: '127.0.0.1:0' }],
  // Nonsense may happen to be a request: it must not leave this host, as a query or as a SYN.
  access: [{ action: 'allow', to: ['127.0.0.0/8'] }, { action: 'deny' }],
  resolver: { servers: ['127.0.0.1:1'], search: [], timeout: '1s', attempts: 1 },
  limits: { handshakeTimeout: `${HANDSHAKE_MS}ms` },
  // With one for every two cores, how many files are left would depend on the machine.
  pipe: { halfCloseTimeout: '2s', workers: 1 },
}

const start = (t: Test, options: StartOptions = {}): Promise<Eyeballd> =>
  startEyeballd(t, { config: CONFIG, ...options })

const portBytes = Buffer.from([target.port >> 8, target.port & 0xff])
const SOCKS4 = Buffer.concat([Buffer.from([4, 1]), portBytes, Buffer.from([127, 0, 0, 1, 0])])
const SOCKS5 = Buffer.concat([Buffer.from([5, 1, 0]), requestOf('127.0.0.1', target.port)])
const CONNECT = Buffer.from(`CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\n\r\n`)

/** A whole request of each protocol, and how a success begins. */
const HONEST: readonly (readonly [string, Buffer, RegExp])[] = [
  ['SOCKS4', SOCKS4, /^005a/],
  ['SOCKS5', SOCKS5, /^05000500/],
  ['HTTP', CONNECT, /^485454502f312e3120323030/],
]

/** Asks by each protocol once. @returns the names of those that were not served */
const ask = async ({ address }: Eyeballd): Promise<string[]> => {
  const failed: string[] = []
  for (const [name, request, success] of HONEST) {
    const client = await openSocks(address())
    client.write(request)
    const answer = await client.read(4).catch(() => Buffer.alloc(0))
    const more = name === 'HTTP' ? await client.read(8).catch(() => Buffer.alloc(0)) : ''
    const hex = answer.toString('hex') + more.toString('hex')
    if (!success.test(hex)) failed.push(`${name}: ${hex}`)
    client.destroy()
  }
  return failed
}

/** What a hostile client sends before it is silent. */
const BEGINNINGS: readonly Buffer[] = [
  Buffer.alloc(0),
  SOCKS4.subarray(0, 1),
  SOCKS4.subarray(0, 8),
  SOCKS5.subarray(0, 2),
  SOCKS5.subarray(0, 9),
  CONNECT.subarray(0, 1),
  CONNECT.subarray(0, CONNECT.length - 1),
  Buffer.from(`CONNECT a:1 HTTP/1.1\r\nA: ${'x'.repeat(8000)}`),
]

await t.test(
  '200 clients that begin and stall are closed in time, and keep nobody out',
  async t => {
    const eyeballd = await start(t)
    const stalled: SocksClient[] = []
    await inParallel(200, 50, async i => {
      const client = await openSocks(eyeballd.address())
      const bytes = BEGINNINGS[i % BEGINNINGS.length] ?? Buffer.alloc(0)
      if (bytes.length > 0) client.write(bytes)
      stalled.push(client)
    })
    t.same(await ask(eyeballd), [], 'each protocol is served meanwhile')
    const all = Promise.all(stalled.map(({ over }) => over))
    await within(HANDSHAKE_MS + 10_000, 'all are closed', all)
    for (const client of stalled) client.destroy()
    await eyeballd.stop(t)
  },
)

await t.test('a first byte that comes late is served, and one byte at a time', async t => {
  const limits = { handshakeTimeout: '30s' }
  const eyeballd = await start(t, { config: { ...CONFIG, limits } })
  for (const [name, request, success] of HONEST) {
    const client = await openSocks(eyeballd.address())
    await sleep(HANDSHAKE_MS / 4)
    for (const byte of request) {
      client.write(Uint8Array.of(byte))
      await sleep(1)
    }
    const answer = await client.read(12 - (name === 'SOCKS4' ? 4 : 0))
    t.match(answer.toString('hex'), success, name)
    client.destroy()
  }
  await eyeballd.stop(t)
})

await t.test('400 connections of nonsense crash nothing', async t => {
  const eyeballd = await start(t)
  const nonsense = [
    () => randomBytes(randomInt(1, 600)),
    () => Buffer.concat([Buffer.from([4, 1]), randomBytes(randomInt(1, 600))]),
    () => Buffer.concat([Buffer.from([4, 1, 0, 80, 0, 0, 0, 1]), Buffer.alloc(600, 0x61)]),
    () => Buffer.concat([SOCKS4, randomBytes(300)]),
    () => Buffer.concat([Buffer.from('GET '), randomBytes(randomInt(1, 600))]),
    () => Buffer.from(`GET http://127.0.0.1:${target.port}/ HTTP/1.1\r\n${'A: b\r\n'.repeat(101)}`),
    () => Buffer.from('A'.repeat(20_000)),
    () => Buffer.concat([CONNECT, CONNECT, randomBytes(100)]),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    () => Buffer.from(`PRI http://127.0.0.1:${target.port}/ HTTP/1.1\r\n\r\n`),
    () => Buffer.concat([Buffer.from([0x16, 3, 1]), randomBytes(200)]),
  ]
  await inParallel(400, 25, async i => {
    const client = await openSocks(eyeballd.address())
    const bytes = nonsense[i % nonsense.length]?.() ?? Buffer.alloc(0)
    const cut = randomInt(bytes.length)
    client.write(bytes.subarray(0, cut))
    await sleep(randomInt(20))
    client.write(bytes.subarray(cut))
    if (i % 4 === 0) client.socket.resetAndDestroy()
    else if (i % 4 === 1) client.socket.end()
    else await Promise.race([client.over, sleep(50)])
    client.destroy()
  })
  t.equal(eyeballd.child.exitCode, null, 'it is alive')
  t.same(await ask(eyeballd), [], 'and serves')
  t.same(eyeballd.linesOf('fatal'), [])
  await eyeballd.stop(t)
})

/** The sources are read by a loader that has many files open itself; the build starts with 64. */
const OPEN_FILES = process.env['EYEBALLD_BIN'] ? 64 : 192

await t.test('with few open files a flood of beginnings ends, and all is given back', async t => {
  const eyeballd = await start(t, {
    wrap: ['sh', '-c', `ulimit -n ${OPEN_FILES}; exec "$@"`, 'sh'],
  })
  t.same(await ask(eyeballd), [])
  const before = descriptorNames(eyeballd.pid).length
  const crowd: SocksClient[] = []
  let most = 0
  await inParallel(3 * OPEN_FILES, 20, async i => {
    const client = await openSocks(eyeballd.address())
    const bytes = BEGINNINGS[i % BEGINNINGS.length] ?? Buffer.alloc(0)
    if (bytes.length > 0) client.write(bytes)
    crowd.push(client)
    most = Math.max(most, descriptorNames(eyeballd.pid).length)
  })
  t.ok(most < OPEN_FILES, `${most} descriptors at most`)
  await within(HANDSHAKE_MS + 10_000, 'all are closed', Promise.all(crowd.map(({ over }) => over)))
  for (const client of crowd) client.destroy()
  const served = async (): Promise<boolean> => (await ask(eyeballd)).length === 0
  t.ok(await served(), 'an honest client of each protocol is served')
  const kept = Math.floor(OPEN_FILES / 32) + 2
  const given = (): boolean => descriptorNames(eyeballd.pid).length <= before + kept
  t.ok(await eventually(given), 'everything is given back')
  t.notMatch(eyeballd.output(), /EMFILE|ENFILE/)
  await eyeballd.stop(t)
})
