/** Listeners whose load balancers send a PROXY protocol header. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { AccessRule } from '../../src/access/types.ts'
import type { VerifyLogin } from '../../src/auth/create-verify-login.ts'
import { parseCidr } from '../../src/core/cidr.ts'
import type { Harness, HarnessOptions, TestClient } from '../fixtures/listener.ts'
import { until } from '../fixtures/listener.ts'
import {
  ask,
  byName,
  bytes,
  FAILED,
  GREETING,
  start,
  SUCCEEDED,
} from '../fixtures/listener-start.ts'
import { binaryHeader } from '../fixtures/proxy-headers.ts'

const cidrs = (...texts: readonly string[]) => texts.flatMap(text => parseCidr(text) ?? [])

const BALANCERS = cidrs('192.0.2.7', '127.0.0.1')
const REMOTE = '192.0.2.7'

/** A header of version 1 for a client at this address. */
const from = (address: string, port = 4660): string =>
  address.includes(':')
    ? `PROXY TCP6 ${address} 2001:db8::443 ${port} 1080\r\n`
    : `PROXY TCP4 ${address} 198.51.100.2 ${port} 1080\r\n`

const UNKNOWN = 'PROXY UNKNOWN\r\n'
const LOCAL = binaryHeader(0x20, 0)
const UNSPECIFIED = binaryHeader(0x21, 0)

const begin = async (
  t: Test,
  header: string | Uint8Array,
  options: HarnessOptions = {},
): Promise<{ harness: Harness; client: TestClient }> => {
  const harness = await start(t, { balancers: BALANCERS, clientAddress: REMOTE, ...options })
  const client = await harness.connect()
  client.socket.write(header)
  return { harness, client }
}

t.test('the client in the header is the client of every event', async t => {
  const { harness, client } = await begin(t, from('203.0.113.5'))
  await ask(client, byName('example.com'))
  t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
  client.socket.end()
  harness.origin[0]?.socket.end()
  await until('the end', () => harness.of('close').length === 1)
  for (const event of [...harness.of('race'), ...harness.of('close')]) {
    t.equal(event.client, '203.0.113.5:4660', event.type)
  }
  t.match(harness.of('accepted'), [{ client: /^192\.0\.2\.7:/ }], 'accepted was the balancer')
})

t.test('bytes and a FIN behind the header reach the session', async t => {
  const early = Buffer.concat([GREETING, byName('slow'), Buffer.from('early')])
  const { harness, client } = await begin(
    t,
    Buffer.concat([Buffer.from(from('203.0.113.5')), early]),
  )
  client.socket.end()
  await until('the race', () => harness.dialled.length === 1)
  harness.openGate()
  await until('the bytes', () => harness.origin[0]?.received().toString() === 'early')
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
})

t.test('byte by byte', async t => {
  const all = Buffer.concat([Buffer.from(from('2001:db8::5')), GREETING, byName('example.com')])
  const { harness, client } = await begin(t, '')
  for (const byte of all) {
    client.socket.write(Uint8Array.of(byte))
    await new Promise(setImmediate)
  }
  t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
  t.match(harness.of('race'), [{ client: '[2001:db8::5]:4660' }])
  client.socket.destroy()
})

t.test('a balancer must send a header, others must not', async t => {
  const { harness, client } = await begin(t, GREETING)
  await client.over
  t.equal(client.received().length, 0)
  t.match(harness.of('rejected'), [
    { reason: 'protocol', probe: false, protocol: null, client: /^192\.0\.2\.7:/, target: null },
  ])
  t.equal(harness.of('rejected').length, 1)
  const stranger = await begin(t, GREETING, { clientAddress: '192.0.2.8' })
  t.same(await stranger.client.bytes(2), bytes(5, 0), 'a peer that is no balancer needs none')
  stranger.client.socket.destroy()
  const forged = await begin(t, from('127.0.0.1'), {
    clientAddress: '192.0.2.8',
    protocol: 'socks',
  })
  await forged.client.over
  t.match(forged.harness.of('rejected'), [{ reason: 'protocol', client: /^192\.0\.2\.8:/ }])
})

t.test('a forward begins its race after the header', async t => {
  const forward = [{ host: 'example.com', port: 25 }]
  const { harness, client } = await begin(t, '', { forward })
  await new Promise(setImmediate)
  t.same(harness.asked, [])
  client.socket.write(`${from('203.0.113.5')}early`)
  await until('the bytes', () => harness.origin[0]?.received().toString() === 'early')
  t.match(harness.of('race'), [{ client: '203.0.113.5:4660', protocol: 'forward' }])
  client.socket.destroy()
  const bad = await begin(t, 'PROXY?', { forward })
  await bad.client.over
  t.match(bad.harness.of('rejected'), [{ reason: 'protocol', protocol: 'forward' }])
  t.same(bad.harness.asked, [])
})

t.test('`clients` judges the client in the header', async t => {
  const clients = cidrs('203.0.113.0/24', '2001:db8::/32', '127.0.0.0/8')
  for (const address of ['203.0.113.5', '2001:db8::5', '::ffff:203.0.113.5']) {
    const { client } = await begin(t, Buffer.concat([Buffer.from(from(address)), GREETING]), {
      clients,
    })
    t.same(await client.bytes(2), bytes(5, 0), address)
    client.socket.destroy()
  }
  const refused: readonly (readonly [string | Uint8Array, string])[] = [
    [from('198.51.100.1'), '198.51.100.1'],
    [UNKNOWN, REMOTE],
    [from('127.0.0.1'), '127.0.0.1'],
    [LOCAL, REMOTE],
  ]
  for (const [header, key] of refused) {
    const { harness, client } = await begin(t, header, { clients, isLocal: false })
    await client.over
    const message = `${key} is not among the clients of this listener`
    t.match(harness.of('rejected'), [{ reason: 'access', message }])
    await until('the end', () => harness.admission.active() === 0)
  }
})

t.test('a balancer on loopback gives nobody the rights of loopback', async t => {
  const clients = cidrs('127.0.0.0/8', '0.0.0.0/0')
  const here = { clientAddress: '127.0.0.1' }
  for (const header of [UNKNOWN, UNSPECIFIED]) {
    const { harness, client } = await begin(t, header, { ...here, clients })
    await client.over
    t.match(harness.of('rejected'), [{ reason: 'access', client: /^127\.0\.0\.1:/ }])
    t.equal(client.received().length, 0)
  }
  for (const header of [LOCAL, from('127.0.0.9')]) {
    const { client } = await begin(t, header, { ...here, clients })
    client.socket.write(GREETING)
    t.same(await client.bytes(2), bytes(5, 0), 'but clients on this host have theirs')
    client.socket.destroy()
  }
})

/** Asks for a loopback address by its number. */
const LOOPBACK = bytes([5, 1, 0, 1, 127, 0, 0, 1, 0, 80])
const routes = { '127.0.0.1': 'origin' }

t.test('built-in denials and access rules follow the header', async t => {
  const allowLocal: AccessRule = {
    action: 'allow',
    clients: cidrs('127.0.0.0/8'),
    users: null,
    to: cidrs('127.0.0.0/8').map(cidr => ({ type: 'cidr', cidr })),
    ports: null,
  }
  const answer = async (header: string | Uint8Array, options: HarnessOptions): Promise<Buffer> => {
    const { client } = await begin(t, header, { routes, ...options })
    await ask(client, LOOPBACK)
    const reply = await client.bytes(12)
    client.socket.destroy()
    return reply.subarray(2)
  }
  const here = { clientAddress: '127.0.0.1' }
  for (const rules of [[], [allowLocal]]) {
    for (const header of [from('203.0.113.5'), UNKNOWN, UNSPECIFIED]) {
      t.same(await answer(header, { ...here, rules }), FAILED(2), `${rules.length} rules`)
    }
    for (const header of [from('127.0.0.5'), LOCAL]) {
      t.same(await answer(header, { ...here, rules }), SUCCEEDED, `${rules.length} rules`)
    }
    t.same(await answer(from('127.0.0.5'), { rules }), FAILED(2), 'a balancer elsewhere')
  }
  const denyAll: AccessRule = {
    ...allowLocal,
    action: 'deny',
    clients: cidrs('127.0.0.0/8'),
    to: null,
  }
  for (const header of [UNKNOWN, LOCAL, from('127.0.0.5')]) {
    t.same(await answer(header, { ...here, rules: [denyAll] }), FAILED(2), 'no deny is escaped')
  }
})

t.test('limits: the total from accept on, a client only once it is known', async t => {
  const harness = await start(t, {
    balancers: BALANCERS,
    clientAddress: REMOTE,
    maxConnections: 3,
    maxConnectionsPerClient: 1,
    isLocal: false,
  })
  const first = await harness.connect()
  const second = await harness.connect()
  const third = await harness.connect()
  t.equal(harness.admission.active(), 3, 'the balancer is not limited as one client')
  const fourth = await harness.connect()
  await fourth.over
  t.match(harness.of('rejected'), [{ reason: 'limit', message: /all 3/, client: /^192\.0\.2\.7:/ }])
  first.socket.write(Buffer.concat([Buffer.from(from('203.0.113.5')), GREETING]))
  await first.bytes(2)
  second.socket.write(from('203.0.113.5', 9))
  await second.over
  t.match(harness.of('rejected').at(1), { reason: 'limit', client: '203.0.113.5:9' })
  await until('the place', () => harness.admission.active() === 2)
  third.socket.write(Buffer.concat([Buffer.from(from('203.0.113.6')), GREETING]))
  await third.bytes(2)
  t.equal(harness.admission.active(), 2)
  for (const { socket } of [first, third]) socket.destroy()
})

t.test('one deadline covers header and handshake', async t => {
  const { harness, client } = await begin(t, '')
  harness.clock.advance(9000)
  client.socket.write(Buffer.concat([Buffer.from(from('203.0.113.5')), GREETING]))
  await client.bytes(2)
  t.equal(harness.of('rejected').length, 0)
  harness.clock.advance(1000)
  await client.over
  t.match(harness.of('rejected'), [{ reason: 'timeout', client: '203.0.113.5:4660', probe: false }])
})

t.test('a drain ends those that still wait', async t => {
  const { harness, client } = await begin(t, 'PROXY ')
  harness.sessions.endAll()
  await client.over
  t.match(harness.of('close'), [{ reason: 'drain', client: /^192\.0\.2\.7:/, target: null }])
  t.equal(harness.events.length, 2)
})

t.test('a refused client on this host gets its answer', async t => {
  const clients = cidrs('203.0.113.0/24')
  const all = Buffer.concat([Buffer.from(from('127.0.0.5')), GREETING, byName('example.com')])
  const { harness, client } = await begin(t, all, { clients, clientAddress: '127.0.0.1' })
  t.same((await client.bytes(12)).subarray(2), FAILED(2))
  client.socket.destroy()
  await until('the event', () => harness.of('rejected').length === 1)
  t.match(harness.of('rejected'), [{ reason: 'access', client: '127.0.0.5:4660', reply: 2 }])
  const foreign = await begin(t, all, { clients })
  await foreign.client.over
  t.equal(foreign.client.received().length, 0, 'a balancer elsewhere speaks for no client here')
})

t.test('a balancer on a UNIX socket', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'eyeballd-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const path = join(directory, 's')
  const { harness, client } = await begin(t, from('203.0.113.5'), { path })
  await ask(client, byName('example.com'))
  t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
  t.match(harness.of('race'), [{ client: '203.0.113.5:4660' }])
  client.socket.destroy()
})

t.test('a healthcheck of this host needs no header, and gets no more than its answer', async t => {
  const options = { balancers: BALANCERS, clientAddress: '127.0.0.1' }
  for (const [sent, answer, probe] of [
    [bytes([5, 2, 0, 2]), bytes([5, 0]), true],
    [bytes(GREETING, byName('example.com')), bytes([5, 0], FAILED(2)), false],
  ] as const) {
    const harness = await start(t, options)
    const client = await harness.connect()
    client.socket.write(sent)
    t.same(await client.bytes(answer.length), answer)
    client.socket.end()
    await client.over
    await until('the end', () => harness.of('rejected').length === 1)
    t.match(harness.of('rejected'), [{ reason: 'protocol', probe, message: /PROXY/ }])
    t.same(harness.dialled, [])
  }
  const harness = await start(t, { ...options, isLocal: false })
  const client = await harness.connect()
  client.socket.write(bytes([5, 2, 0, 2]))
  await client.over
  t.equal(client.received().length, 0, 'no answer to another host')
})

t.test('a healthcheck is answered when every place is taken, and a balancer is not', async t => {
  const options = { balancers: BALANCERS, clientAddress: '127.0.0.1', maxConnections: 1 }
  const harness = await start(t, options)
  const first = await harness.connect()
  const check = await harness.connect()
  check.socket.write(bytes([5, 2, 0, 2]))
  t.same(await check.bytes(2), bytes([5, 0]))
  check.socket.end()
  await check.over
  await until('its end', () => harness.of('rejected').length === 1)
  const balancer = await harness.connect()
  balancer.socket.write(from('203.0.113.5'))
  await balancer.over
  t.equal(balancer.received().length, 0)
  t.match(harness.of('rejected'), [
    { reason: 'limit', probe: true },
    { reason: 'limit', probe: false },
  ])
  first.socket.destroy()
})

const refuseAll: VerifyLogin = (_login, _client, settle) => {
  setImmediate(settle, { ok: false, code: 'wrong' })
  return { leave: () => {}, isWaiting: () => false }
}

t.test('a balancer is not banned for clients that it does not name', async t => {
  const waits = { authFailureDelayMs: 0 }
  for (const clientAddress of [REMOTE, '127.0.0.1']) {
    const options = { verify: refuseAll, failuresPerMinute: 1, clientAddress, waits } as const
    const harness = await start(t, { balancers: BALANCERS, ...options })
    /** The answers to a greeting and a wrong login. */
    const tryLogin = async (header: string | Uint8Array): Promise<string> => {
      const client = await harness.connect()
      client.socket.write(header)
      client.socket.write(bytes([5, 1, 2], [1, 1, 0x61, 1, 0x62]))
      await client.over
      client.socket.end()
      return client.received().toString('hex')
    }
    const wrong = '05020101'
    for (const header of [UNKNOWN, UNKNOWN, LOCAL, LOCAL, UNSPECIFIED])
      t.equal(await tryLogin(header), wrong, clientAddress)
    t.equal(await tryLogin(from('203.0.113.5')), wrong)
    t.equal(await tryLogin(from('203.0.113.5')), '', 'a client with an address is')
    harness.bans.failed(REMOTE)
    t.equal(await tryLogin(from(REMOTE)), '', 'also if it is that of the balancer')
    for (const header of [UNKNOWN, LOCAL]) t.equal(await tryLogin(header), wrong, clientAddress)
  }
})
