import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import { parseCidr } from '../../src/core/cidr.ts'
import type { VerifyLogin } from '../../src/auth/create-verify-login.ts'
import type { AccessRule } from '../../src/access/types.ts'
import { rightLogin } from '../fixtures/accounts.ts'
import type { HarnessOptions } from '../fixtures/listener.ts'
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

const STRANGER = '198.51.100.7'

t.test('one connection too many is closed and reported', async t => {
  const harness = await start(t, { maxConnections: 2, isLocal: false })
  const first = await harness.connect()
  await harness.connect()
  const third = await harness.connect()
  await third.over
  t.match(harness.of('rejected'), [{ reason: 'limit', probe: false, message: /all 2/ }])
  first.socket.end()
  await until('the end of the first', () => harness.admission.active() === 1)
  const fourth = await harness.connect()
  await ask(fourth, byName('example.com'))
  t.same((await fourth.bytes(12)).subarray(2), SUCCEEDED, 'a connection is free again')
  fourth.socket.destroy()
})

t.test('one client may have only so many', async t => {
  const harness = await start(t, { maxConnectionsPerClient: 1, isLocal: false })
  await harness.connect()
  const second = await harness.connect()
  await second.over
  t.match(harness.of('rejected'), [{ reason: 'limit', message: /one client/ }])
})

t.test('a place is held until the last word is said', async t => {
  const harness = await start(t, { maxConnections: 1 })
  const client = await harness.connect()
  await ask(client, byName('refused.example', 1))
  await until('the first failure', () => harness.dialled.length === 1)
  await until('the second attempt', () => {
    harness.clock.advance(10)
    return harness.dialled.length === 2
  })
  await client.over
  t.equal(harness.admission.active(), 1)
  client.socket.end()
  await until('the end', () => harness.admission.active() === 0)
})

t.test('clients that are allowed to connect, and others', async t => {
  const clients = ['198.51.100.0/24', '2001:db8::/32'].flatMap(text => parseCidr(text) ?? [])
  for (const clientAddress of [STRANGER, `::ffff:${STRANGER}`, '2001:db8::7']) {
    const harness = await start(t, { clients, clientAddress })
    const client = await harness.connect()
    client.socket.write(GREETING)
    t.same(await client.bytes(2), bytes(5, 0), clientAddress)
    client.socket.destroy()
  }
  for (const clientAddress of ['203.0.113.7', '::ffff:127.0.0.1', '2001:db9::7']) {
    const harness = await start(t, { clients, clientAddress, isLocal: false })
    const client = await harness.connect()
    await client.over
    t.match(harness.of('rejected'), [{ reason: 'access', probe: false }], clientAddress)
    t.equal(harness.admission.active(), 0)
    t.equal(client.received().length, 0)
  }
})

t.test('a client of this host that is turned away may greet, and no more', async t => {
  const clients = ['198.51.100.0/24'].flatMap(text => parseCidr(text) ?? [])
  for (const [options, reason, code] of [
    [{ clients }, 'access', 2],
    [{ maxConnections: 1 }, 'limit', 1],
  ] as const) {
    const harness = await start(t, options)
    const places = reason === 'limit' ? 1 : 0
    if (reason === 'limit') await harness.connect()
    const probing = await harness.connect()
    probing.socket.write(GREETING)
    t.same(await probing.bytes(2), bytes(5, 0), reason)
    probing.socket.end()
    await probing.over
    await until('the end', () => harness.of('rejected').length === 1)
    t.match(harness.of('rejected'), [{ reason, probe: true, reply: undefined }])
    const asking = await harness.connect()
    await ask(asking, byName('example.com'))
    t.same((await asking.bytes(12)).subarray(2), FAILED(code))
    asking.socket.end()
    await asking.over
    t.match(harness.of('rejected').at(-1), { reason, probe: false, reply: code })
    t.equal(harness.admission.active(), places, 'it takes no place')
    t.same([harness.asked, harness.dialled], [[], []], 'nothing is raced for it')
  }
})

t.test('so may one on a UNIX socket', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'eyeballd-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 's')
  const harness = await start(t, { path, maxConnections: 1, isLocal: false })
  await harness.connect()
  const probing = await harness.connect()
  probing.socket.write(GREETING)
  t.same(await probing.bytes(2), bytes(5, 0))
  probing.socket.end()
  await until('the end', () => harness.of('rejected').length === 1)
  t.match(harness.of('rejected'), [{ client: 'unix', reason: 'limit', probe: true }])
})

t.test('a forward has no greeting to answer', async t => {
  const forward = [{ host: 'example.com', port: 443 }]
  const harness = await start(t, { clients: [], forward })
  const client = await harness.connect()
  await client.over
  t.match(harness.of('rejected'), [{ reason: 'access', probe: false }])
})

t.test('how a client is written', async t => {
  for (const [clientAddress, text] of [
    [STRANGER, `${STRANGER}:`],
    [`::ffff:${STRANGER}`, `${STRANGER}:`],
    ['2001:db8::7', '[2001:db8::7]:'],
  ] as const) {
    const harness = await start(t, { clientAddress })
    const client = await harness.connect()
    t.equal(harness.of('accepted')[0]?.client, `${text}${client.socket.localPort}`)
    client.socket.destroy()
  }
})

t.test('a client that was gone before it was accepted', async t => {
  const harness = await start(t, { clientAddress: '' })
  const client = await harness.connect()
  await client.over
  t.match(harness.events, [
    { type: 'accepted', client: 'unknown' },
    { type: 'rejected', reason: 'protocol', probe: true, client: 'unknown' },
  ])
})

t.test(
  'a UNIX socket: its clients count as loopback and are not asked for their address',
  async t => {
    // Not the test's own directory: a socket's path may have 107 bytes.
    const folder = await mkdtemp(join(tmpdir(), 'eyeballd-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const options: HarnessOptions = {
      path: join(folder, 'socks.sock'),
      clients: [],
      routes: { '127.0.0.1': 'origin', '192.0.2.2': 'ECONNREFUSED' },
    }
    const harness = await start(t, options)
    const client = await harness.connect()
    await ask(client, byName('127.0.0.1'))
    t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
    t.match(harness.of('race'), [{ client: 'unix' }])
    client.socket.destroy()
    const refused = await start(t, {
      ...options,
      path: join(folder, 'forward.sock'),
      forward: [{ host: '192.0.2.2', port: 80 }],
    })
    const other = await refused.connect()
    await other.over
    t.match(refused.of('race'), [{ outcome: 'failed' }], 'where no RST can be sent it is closed')
  },
)

/** Ways to write addresses that built-in access rules deny to a client that is not on loopback. */
const FORBIDDEN = [
  '127.0.0.1',
  '0.0.0.0',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:0.0.0.0',
  '[::1]',
  '64:ff9b::7f00:1',
  '64:ff9b::',
  '169.254.169.254',
  '::ffff:169.254.169.254',
  'fe80::1',
  'fd00:ec2::254',
  '224.0.0.1',
  'ff02::1',
]

t.test('a stranger gets 02 for what is not for strangers, and nothing is dialled', async t => {
  for (const host of FORBIDDEN) {
    const harness = await start(t, { clientAddress: STRANGER })
    const client = await harness.connect()
    await ask(client, byName(host))
    t.equal(await client.over, 'end')
    t.same(client.received().subarray(2), FAILED(2), host)
    t.match(harness.of('rejected'), [{ reason: 'access', reply: 2, probe: false }], host)
    t.equal(harness.of('race').length, 0)
    t.equal(harness.dialled.length, 0)
    client.socket.end()
  }
})

t.test('a client on loopback may write them', async t => {
  const harness = await start(t, { routes: { '127.0.0.1': 'origin' } })
  const client = await harness.connect()
  await ask(client, byName('127.0.0.1'))
  t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
  client.socket.destroy()
})

t.test(
  'for every client: an answer that points at the inside is dropped, and the rest raced',
  async t => {
    for (const clientAddress of ['127.0.0.1', STRANGER]) {
      for (const address of ['127.0.0.1', '::1', '0.0.0.0', '169.254.169.254', '64:ff9b::7f00:1']) {
        const names = { rebind: { addresses: [address] } }
        const harness = await start(t, { clientAddress, names })
        const client = await harness.connect()
        await ask(client, byName('rebind'))
        t.equal(await client.over, 'end')
        t.same(client.received().subarray(2), FAILED(2), `${clientAddress} ${address}`)
        t.equal(harness.dialled.length, 0)
        client.socket.end()
      }
      const names = { both: { addresses: ['::1', '192.0.2.1'] } }
      const harness = await start(t, { clientAddress, names })
      const client = await harness.connect()
      await ask(client, byName('both'))
      t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
      t.same(harness.dialled, ['192.0.2.1'])
      client.socket.destroy()
    }
  },
)

t.test('a rule by user, for the one who logged in', async t => {
  const rule: AccessRule = { action: 'deny', clients: null, users: ['eve'], to: null, ports: null }
  const verify: VerifyLogin = ({ user }, _client, settle) => {
    setImmediate(settle, rightLogin(Buffer.from(user).toString()))
    return { leave: () => {}, isWaiting: () => false }
  }
  for (const [user, answer] of [
    ['eve', FAILED(2)],
    ['ada', SUCCEEDED],
  ] as const) {
    const harness = await start(t, { verify, rules: [rule] })
    const client = await harness.connect()
    client.socket.write(bytes(5, 1, 2, [1, 3], Buffer.from(user), [1, 0x78], byName('example.com')))
    t.same((await client.bytes(14)).subarray(4), answer)
    client.socket.destroy()
  }
})

const WRONG_LOGIN = bytes([5, 1, 2], [1, 1, 0x61, 1, 0x62])

const refuseAll: VerifyLogin = (_login, _client, settle) => {
  setImmediate(settle, { ok: false, code: 'wrong' })
  return { leave: () => {}, isWaiting: () => false }
}

t.test('a banned client is refused before its session, quietly', async t => {
  const waits = { authFailureDelayMs: 0 }
  const options = { verify: refuseAll, failuresPerMinute: 2, isLocal: false, waits } as const
  const harness = await start(t, { ...options, clientAddress: STRANGER })
  const waiting = await harness.connect()
  for (let n = 0; n < 2; n++) {
    const client = await harness.connect()
    client.socket.write(WRONG_LOGIN)
    t.equal(await client.over, 'end')
    client.socket.end()
  }
  const banned = await harness.connect()
  await banned.over
  t.equal(banned.received().length, 0)
  const message = `${STRANGER} is banned for another 60 s, because its logins failed too often`
  t.match(harness.of('rejected').at(-1), { reason: 'banned', message })
  t.equal(harness.of('rejected').length, 3)
  waiting.socket.write(WRONG_LOGIN)
  t.equal(await waiting.over, 'end')
  t.match(harness.of('rejected').at(-1), { reason: 'banned', message })
  waiting.socket.end()
  harness.clock.advance(60_000)
  const later = await harness.connect()
  later.socket.write(bytes(5, 1, 2))
  t.same(await later.bytes(2), bytes(5, 2))
  later.socket.destroy()
})

t.test('a health check of this host is answered during a ban', async t => {
  const waits = { authFailureDelayMs: 0 }
  const options = { verify: refuseAll, failuresPerMinute: 1, isLocal: true, waits } as const
  const harness = await start(t, { ...options, clientAddress: STRANGER })
  const client = await harness.connect()
  client.socket.write(WRONG_LOGIN)
  await client.over
  client.socket.end()
  const probing = await harness.connect()
  probing.socket.write(bytes(5, 1, 2))
  t.same(await probing.bytes(2), bytes(5, 2))
  probing.socket.end()
  await until('the end', () => harness.of('rejected').length === 2)
  t.match(harness.of('rejected').at(-1), { reason: 'banned' })
})

t.test('a listener without a login, and clients on loopback, know no bans', async t => {
  const waits = { authFailureDelayMs: 0 }
  const options = { verify: refuseAll, failuresPerMinute: 1, waits } as const
  const harness = await start(t, options)
  for (let n = 0; n < 3; n++) {
    const client = await harness.connect()
    client.socket.write(WRONG_LOGIN)
    t.same(await client.bytes(4), bytes(5, 2, 1, 1), 'its login is checked')
    client.socket.end()
  }
  const free = await start(t, { failuresPerMinute: 1, clientAddress: STRANGER, isLocal: false })
  free.bans.failed(STRANGER)
  t.ok(free.bans.refusal(STRANGER))
  const client = await free.connect()
  client.socket.write(GREETING)
  t.same(await client.bytes(2), bytes(5, 0))
  client.socket.destroy()
})

t.test('one client may have only so many, from all addresses of its network', async t => {
  const harness = await start(t, {
    maxConnectionsPerClient: 1,
    isLocal: false,
    clientAddress: '2001:db8::7',
  })
  await harness.connect()
  const second = await harness.connect()
  await second.over
  t.match(harness.of('rejected'), [{ reason: 'limit', client: /^\[2001:db8::7\]/ }])
  const places = harness.admission.admit('32.1.13.184.0.0.0.0')
  t.equal(places, 'the only connection allowed to one client is in use', 'of the whole /64')
})
