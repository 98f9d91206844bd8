import t from 'tap'

import type { LoginVerdict, VerifyLogin } from '../../../src/auth/create-verify-login.ts'
import type { RaceTrace } from '../../../src/eyeballs/race/types.ts'
import { summarise } from '../../../src/eyeballs/race/summary.ts'
import { rightLogin } from '../../fixtures/accounts.ts'
import { allArrived, standsStill } from '../../fixtures/all-arrived.ts'
import type { TestClient } from '../../fixtures/listener.ts'
import { until } from '../../fixtures/listener.ts'
import {
  ask,
  byName,
  bytes,
  FAILED,
  GREETING,
  start,
  SUCCEEDED,
} from '../../fixtures/listener-start.ts'

const GREETING_LOGIN = bytes(5, 1, 2)

const login = (user: string, password: string): Buffer =>
  bytes([1, user.length], Buffer.from(user), password.length, Buffer.from(password))

t.test('a connection from greeting to close', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  const { localPort } = client.socket
  await ask(client, byName('example.com'))
  t.same(await client.bytes(12), bytes([5, 0], SUCCEEDED))
  client.socket.write('up')
  await until('bytes at the origin', () => harness.origin[0]?.received().toString() === 'up')
  harness.origin[0]?.socket.end('down!')
  t.equal((await client.bytes(17)).subarray(12).toString(), 'down!')
  client.socket.end()
  await until('the close line', () => harness.of('close').length === 1)
  const [accepted, race, close] = harness.events
  const conn = 'c0'
  const who = { conn, listener: 'test', client: `127.0.0.1:${localPort}` }
  t.match(accepted, { type: 'accepted', ...who })
  t.match(race, {
    type: 'race',
    outcome: 'won',
    reply: 0,
    user: null,
    target: 'example.com:443',
    ...who,
  })
  t.match(close, {
    type: 'close',
    bytesUp: 2,
    bytesDown: 5,
    reason: 'eof',
    engine: 'stream',
    durationMs: 0,
    user: null,
    target: 'example.com:443',
    ...who,
  })
  t.equal(harness.events.length, 3)
})

t.test('no reply before the race is won, and early data once, in order, to the winner', async t => {
  for (const cut of ['together', 'apart', 'byte by byte'] as const) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.setNoDelay(true)
    const all = Buffer.concat([GREETING, byName('slow'), Buffer.from('early ')])
    if (cut === 'together') client.socket.write(all)
    else if (cut === 'apart') await ask(client, byName('slow'), 'early ')
    else {
      for (const byte of all) {
        client.socket.write(Buffer.of(byte))
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    await until('the race', () => harness.dialled.length === 1)
    client.socket.write('and more ')
    await allArrived()
    t.equal(client.received().length, 2, `${cut}: nothing but the method yet`)
    t.equal(harness.origin.length, 0)
    harness.openGate()
    await client.bytes(12)
    client.socket.write('and late')
    const text = 'early and more and late'
    await until('the data', () => harness.origin[0]?.received().length === text.length)
    t.equal(harness.origin[0]?.received().toString(), text, cut)
    client.socket.end()
    await until('the FIN', () => harness.origin[0]?.ended === true)
    harness.origin[0]?.socket.end()
    await until('the close line', () => harness.of('close').length === 1)
    t.match(harness.of('close'), [{ bytesUp: text.length, bytesDown: 0, reason: 'eof' }])
  }
})

t.test('more early data than 64 KiB waits in the client, and none is lost', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  const sent = Buffer.alloc(8 * 1024 * 1024, 'abcdefghijk')
  client.socket.write(Buffer.concat([GREETING, byName('slow')]))
  await until('the race', () => harness.dialled.length === 1)
  client.socket.write(sent)
  await standsStill(() => client.socket.writableLength)
  t.ok(client.socket.writableLength > 0, 'the client could not send it all')
  harness.openGate()
  client.socket.end()
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.ok(harness.origin[0]?.received().equals(sent))
  harness.origin[0]?.socket.end()
  await client.over
})

t.test('the reply of each failure', async t => {
  const codes: Readonly<Record<string, number>> = {
    EACCES: 2,
    EPERM: 2,
    ENETUNREACH: 3,
    ENETDOWN: 3,
    EADDRNOTAVAIL: 3,
    EHOSTUNREACH: 4,
    ECONNREFUSED: 5,
    ECONNRESET: 5,
    ETIMEDOUT: 6,
    EMFILE: 1,
    ESOMETHING: 1,
  }
  for (const [code, reply] of Object.entries(codes)) {
    const harness = await start(t, { routes: { '192.0.2.1': code } })
    const client = await harness.connect()
    await ask(client, byName('example.com'))
    t.equal(await client.over, 'end')
    t.same(client.received().subarray(2), FAILED(reply), code)
    t.match(harness.of('race'), [{ outcome: 'failed', reply, error: { code } }])
    client.socket.end()
  }
})

t.test('the reply of failed lookups, and of mixed failures', async t => {
  const lookups = [
    'ENOTFOUND',
    'ENODATA',
    'ESERVFAIL',
    'ETIMEDOUT',
    'EREFUSED',
    'ECONNREFUSED',
  ] as const
  for (const code of lookups) {
    const harness = await start(t, { names: { x: { code } } })
    const client = await harness.connect()
    await ask(client, byName('x'))
    t.equal(await client.over, 'end')
    t.same(client.received().subarray(2), FAILED(4), code)
    t.match(harness.of('race'), [{ outcome: 'failed', reply: 4 }])
    t.equal(harness.dialled.length, 0)
    client.socket.end()
  }
  const harness = await start(t)
  const client = await harness.connect()
  await ask(client, byName('refused.example'))
  await until('the first failure', () => harness.dialled.length === 1)
  await allArrived()
  harness.clock.advance(10)
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(5), 'refused says more than unreachable')
  t.match(harness.of('race'), [{ error: { code: 'ERR_RACE_FAILED' } }])
  client.socket.end()
})

t.test('a race that reaches its deadline is 06', async t => {
  const harness = await start(t, { routes: {} })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  await until('the race', () => harness.dialled.length === 1)
  harness.clock.advance(29_999)
  await allArrived()
  t.equal(client.received().length, 2)
  harness.clock.advance(1)
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(6))
  t.match(harness.of('race'), [{ outcome: 'failed', error: { code: 'ETIMEDOUT' }, reply: 6 }])
  t.same(harness.cancelled, ['192.0.2.1'])
  client.socket.end()
})

t.test('a name that cannot exist is rejected, not raced', async t => {
  const harness = await start(t, { names: { 'a..b': { code: 'ERR_INVALID_NAME' } } })
  const client = await harness.connect()
  await ask(client, byName('a..b'))
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(4))
  t.match(harness.of('rejected'), [
    { reason: 'address', reply: 4, probe: false, target: 'a..b:443' },
  ])
  t.equal(harness.of('race').length, 0)
  client.socket.end()
})

t.test(
  'the reply survives 64 KiB that nobody has read, and the client is not waited for',
  async t => {
    const harness = await start(t, { routes: { '192.0.2.1': 'ECONNREFUSED' } })
    const client = await harness.connect()
    client.socket.write(
      Buffer.concat([GREETING, byName('example.com'), Buffer.alloc(512 * 1024, 'x')]),
    )
    t.equal(await client.over, 'end', 'FIN, not RST')
    t.same(client.received().subarray(2), FAILED(5))
    t.equal(harness.sessions.size(), 1, 'it lingers')
    harness.clock.advance(1999)
    await allArrived()
    t.equal(harness.sessions.size(), 1)
    harness.clock.advance(1)
    await until('the end', () => harness.sessions.size() === 0)
  },
)

t.test('the reply survives also where reading had stopped', async t => {
  const harness = await start(t, { routes: {} })
  const client = await harness.connect()
  const data = Buffer.alloc(8 * 1024 * 1024, 'x')
  client.socket.write(Buffer.concat([GREETING, byName('example.com'), data]))
  await until('the race', () => harness.dialled.length === 1)
  await standsStill(() => client.socket.writableLength)
  t.ok(client.socket.writableLength > 0, 'the client could not send it all')
  harness.clock.advance(30_000)
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(6))
  client.socket.end()
  await until('the end', () => harness.sessions.size() === 0)
  t.equal(client.socket.writableLength, 0, 'all was read, and thrown away')
})

t.test('a lingering connection is over as soon as its client closes', async t => {
  const harness = await start(t, { routes: { '192.0.2.1': 'ECONNREFUSED' } })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  t.equal(await client.over, 'end')
  client.socket.end()
  await until('the end', () => harness.sessions.size() === 0)
  t.equal(harness.clock.pending(), 0, 'and its timer is gone')
})

t.test('refused by the handshake, in full form', async t => {
  const cases: readonly (readonly [string, Buffer, Buffer, object])[] = [
    [
      'BIND',
      bytes(GREETING, [5, 2, 0, 1, 0, 0, 0, 0, 0, 80]),
      bytes([5, 0], FAILED(7)),
      { reason: 'command', reply: 7 },
    ],
    [
      'address type 2',
      bytes(GREETING, [5, 1, 0, 2]),
      bytes([5, 0], FAILED(8)),
      { reason: 'address', reply: 8 },
    ],
    [
      'empty name',
      bytes(GREETING, byName('')),
      bytes([5, 0], FAILED(1)),
      { reason: 'address', reply: 1 },
    ],
    [
      'NUL in the name',
      bytes(GREETING, byName('localhost\0.x')),
      bytes([5, 0], FAILED(4)),
      { reason: 'address', reply: 4 },
    ],
    [
      'port 0',
      bytes(GREETING, byName('example.com', 0)),
      bytes([5, 0], FAILED(1)),
      { reason: 'address', reply: 1 },
    ],
    ['no method', bytes(5, 0), bytes(5, 255), { reason: 'auth' }],
    ['only GSSAPI', bytes(5, 1, 1), bytes(5, 255), { reason: 'auth' }],
  ]
  for (const [name, sent, answer, event] of cases) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(sent)
    t.equal(await client.over, 'end', name)
    t.same(client.received(), answer, name)
    t.match(harness.of('rejected'), [{ probe: false, ...event }], name)
    t.equal(harness.events.length, 2)
    t.equal(harness.asked.length, 0, 'nothing was looked up')
    client.socket.end()
  }
})

t.test('TLS gets no answer, HTTP one in its own language', async t => {
  const harness = await start(t, { protocol: 'socks' })
  const tls = await harness.connect()
  tls.socket.write(bytes([0x16, 3, 1, 0, 5]))
  await tls.over
  t.equal(tls.received().length, 0)
  const http = await harness.connect()
  http.socket.write('GET / HTTP/1.1\r\n\r\n')
  t.equal(await http.over, 'end')
  t.match(http.received().toString(), /^HTTP\/1\.1 501 /)
  t.match(harness.of('rejected'), [
    { reason: 'protocol', probe: false },
    { reason: 'protocol', probe: false },
  ])
  http.socket.end()
})

t.test('a probe: nothing at all, or a greeting, then FIN or RST', async t => {
  const leaving: readonly ((client: TestClient) => void)[] = [
    client => client.socket.end(),
    client => void client.socket.resetAndDestroy(),
  ]
  for (const leave of leaving) {
    for (const greet of [false, true]) {
      const harness = await start(t)
      const client = await harness.connect()
      if (greet) {
        client.socket.write(GREETING)
        t.same(await client.bytes(2), bytes(5, 0))
      }
      leave(client)
      await until('the event', () => harness.of('rejected').length === 1)
      t.match(harness.of('rejected'), [{ reason: 'protocol', probe: true, target: null }])
      t.equal(harness.events.length, 2)
    }
  }
})

t.test('a client that leaves in the middle of a message is no probe', async t => {
  for (const sent of [bytes(5), bytes(5, 5, 0, 2, 1), bytes(GREETING, [5, 1, 0])]) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.end(sent)
    await until('the event', () => harness.of('rejected').length === 1)
    t.match(harness.of('rejected'), [
      { reason: 'protocol', probe: false, message: /^the client left/ },
    ])
  }
})

t.test('one timer for the whole handshake, however the bytes trickle in', async t => {
  const harness = await start(t)
  const silent = await harness.connect()
  const trickle = await harness.connect()
  const all = Buffer.concat([GREETING, byName('example.com')])
  for (let i = 0; i < 19; i++) {
    trickle.socket.write(all.subarray(i, i + 1))
    await new Promise(resolve => setTimeout(resolve, 2))
    harness.clock.advance(500)
  }
  t.equal(harness.of('rejected').length, 0)
  harness.clock.advance(500)
  t.match(harness.of('rejected'), [
    { reason: 'timeout', probe: true, client: `127.0.0.1:${silent.socket.localPort}` },
    { reason: 'timeout', probe: false, message: /10000 ms/ },
  ])
  await silent.over
  await trickle.over
})

t.test('the timer ends with the request: a race may last longer', async t => {
  const harness = await start(t, {
    waits: { handshakeTimeoutMs: 100 },
  })
  const client = await harness.connect()
  await ask(client, byName('slow'))
  await until('the race', () => harness.dialled.length === 1)
  harness.clock.advance(5000)
  harness.openGate()
  t.same((await client.bytes(12)).subarray(2), SUCCEEDED)
  client.socket.destroy()
})

t.test('a client that leaves during its race ends it', async t => {
  for (const [name, early, leave] of [
    ['FIN with nothing behind the request', '', (c: TestClient) => void c.socket.end()],
    ['RST with nothing behind it', '', (c: TestClient) => void c.socket.resetAndDestroy()],
    ['RST with early data', 'early', (c: TestClient) => void c.socket.resetAndDestroy()],
  ] as const) {
    const harness = await start(t)
    const client = await harness.connect()
    await ask(client, byName('slow'), early)
    await until('the race', () => harness.dialled.length === 1)
    leave(client)
    await until('the event', () => harness.of('race').length === 1)
    t.match(harness.of('race'), [{ outcome: 'aborted', reply: null, target: 'slow:443' }], name)
    t.same(harness.cancelled, ['192.0.2.3'])
    await until('the end', () => harness.sessions.size() === 0)
    t.equal(harness.events.length, 2)
    t.equal(client.received().length, 2, 'no reply')
  }
})

t.test('a FIN in the same segment as the request ends the race before it begins', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.end(Buffer.concat([GREETING, byName('slow')]))
  await until('the event', () => harness.of('race').length === 1)
  t.match(harness.of('race'), [{ outcome: 'aborted' }])
})

t.test('a FIN behind early data is half-close: it follows the data to the target', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  await ask(client, byName('slow'), 'all I have to say')
  client.socket.end()
  await allArrived()
  t.equal(harness.of('race').length, 0, 'the race goes on')
  harness.openGate()
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.equal(harness.origin[0]?.received().toString(), 'all I have to say')
  harness.origin[0]?.socket.end('the answer')
  t.equal((await client.bytes(22)).subarray(12).toString(), 'the answer')
  await until('the close line', () => harness.of('close').length === 1)
  t.match(harness.of('close'), [{ bytesUp: 17, bytesDown: 10, reason: 'eof' }])
})

const WRONG: LoginVerdict = { ok: false, code: 'wrong' }

const verifyEve: VerifyLogin = ({ user, password }, _client, settle) => {
  const texts = [user, password].map(each => Buffer.from(each).toString())
  const verdict = texts.join(' ') === 'eve apple' ? rightLogin('eve') : WRONG
  setImmediate(settle, verdict)
  return { leave: () => {}, isWaiting: () => false }
}

/** A verifier that the test answers by hand. */
const handVerifier = ({ waits = false } = {}) => {
  const answers: ((user: string | LoginVerdict) => void)[] = []
  const clients: string[] = []
  const left: number[] = []
  const verify: VerifyLogin = (_login, client, settle) => {
    const place = answers.length
    answers.push(user => settle(typeof user === 'string' ? rightLogin(user) : user))
    clients.push(client)
    return { leave: () => void left.push(place), isWaiting: () => waits }
  }
  return { answers, clients, left, verify }
}

t.test('a good login, all pipelined with its request and data', async t => {
  const harness = await start(t, { verify: verifyEve })
  const client = await harness.connect()
  client.socket.write(
    Buffer.concat([
      GREETING_LOGIN,
      login('eve', 'apple'),
      byName('example.com'),
      Buffer.from('hi'),
    ]),
  )
  t.same(await client.bytes(14), bytes([5, 2, 1, 0], SUCCEEDED))
  await until('the data', () => harness.origin[0]?.received().toString() === 'hi')
  t.match(harness.of('race'), [{ user: 'eve', outcome: 'won' }])
  client.socket.destroy()
})

t.test('a slow verification loses nothing, however much comes meanwhile', async t => {
  const { verify, answers } = handVerifier()
  const harness = await start(t, { verify })
  const client = await harness.connect()
  const data = Buffer.alloc(8 * 1024 * 1024, 'data')
  client.socket.write(
    Buffer.concat([GREETING_LOGIN, login('eve', 'x'), byName('example.com'), data]),
  )
  await client.bytes(2)
  await until('the verification', () => answers.length === 1)
  await standsStill(() => client.socket.writableLength)
  t.equal(client.received().length, 2)
  t.ok(client.socket.writableLength > 0, 'more than may be held waits in the client')
  answers[0]?.('eve')
  await client.bytes(14)
  await until('the data', () => (harness.origin[0]?.received().length ?? 0) >= data.length)
  t.ok(harness.origin[0]?.received().equals(data))
  client.socket.destroy()
})

t.test('a bad login is answered late, with 01 01, and closed', async t => {
  const harness = await start(t, { verify: verifyEve })
  const client = await harness.connect()
  client.socket.write(Buffer.concat([GREETING_LOGIN, login('eve', 'pear'), byName('example.com')]))
  await client.bytes(2)
  await allArrived()
  harness.clock.advance(999)
  await allArrived()
  t.equal(client.received().length, 2)
  t.equal(harness.of('rejected').length, 0)
  harness.clock.advance(1)
  t.equal(await client.over, 'end')
  t.same(client.received(), bytes([5, 2, 1, 1]))
  t.match(harness.of('rejected'), [{ reason: 'auth', probe: false, user: null }])
  t.notMatch(JSON.stringify(harness.events), /pear/, 'no password is in an event')
  t.equal(harness.asked.length, 0)
  client.socket.end()
})

t.test(
  'the wait before the answer: none where none is wanted, and its own where the time is short',
  async t => {
    const none = await start(t, { verify: verifyEve, waits: { authFailureDelayMs: 0 } })
    const client = await none.connect()
    client.socket.write(Buffer.concat([GREETING_LOGIN, login('adam', 'apple')]))
    t.same(await client.bytes(4), bytes([5, 2, 1, 1]))
    client.socket.end()
    const short = await start(t, { verify: verifyEve, waits: { handshakeTimeoutMs: 500 } })
    const other = await short.connect()
    other.socket.write(Buffer.concat([GREETING_LOGIN, login('adam', 'apple')]))
    await other.bytes(2)
    await allArrived()
    short.clock.advance(600)
    t.equal(short.of('rejected').length, 0, 'the handshake timer is over with the verdict')
    short.clock.advance(400)
    t.same(await other.bytes(4), bytes([5, 2, 1, 1]))
    t.match(short.of('rejected'), [{ reason: 'auth' }])
    other.socket.end()
  },
)

t.test('who leaves before the answer has failed all the same', async t => {
  const harness = await start(t, { verify: verifyEve })
  const client = await harness.connect()
  client.socket.write(Buffer.concat([GREETING_LOGIN, login('eve', 'pear')]))
  await client.bytes(2)
  await allArrived()
  client.socket.resetAndDestroy()
  await until('the event', () => harness.of('rejected').length === 1)
  t.match(harness.of('rejected'), [{ reason: 'auth' }])
  t.equal(harness.clock.pending(), 0, 'the wait is over with it')
})

t.test('leaving, or closing one side, while a login is verified', async t => {
  const { verify, answers } = handVerifier()
  const harness = await start(t, { verify })
  const gone = await harness.connect()
  gone.socket.write(Buffer.concat([GREETING_LOGIN, login('a', 'b')]))
  await until('the verification', () => answers.length === 1)
  gone.socket.resetAndDestroy()
  await until('the event', () => harness.of('rejected').length === 1)
  t.match(harness.of('rejected')[0], { reason: 'protocol', probe: false })
  answers[0]?.(WRONG)
  await allArrived()
  t.equal(harness.clock.pending(), 0, 'a verdict that comes late begins nothing')
  const closed = await harness.connect()
  closed.socket.end(Buffer.concat([GREETING_LOGIN, login('a', 'b')]))
  await until('the verification', () => answers.length === 2)
  await allArrived()
  t.equal(harness.of('rejected').length, 1, 'a FIN is waited over')
  answers[1]?.('a')
  await until('the event', () => harness.of('rejected').length === 2)
  t.match(harness.of('rejected')[1], { reason: 'protocol', user: 'a' })
  const asked = await harness.connect()
  asked.socket.end(Buffer.concat([GREETING_LOGIN, login('a', 'b'), byName('example.com')]))
  await until('the verification', () => answers.length === 3)
  await allArrived()
  answers[2]?.('a')
  await until('the race', () => harness.of('race').length === 1)
  t.match(harness.of('race'), [{ outcome: 'aborted' }], 'nothing came behind the request')
  t.equal(harness.dialled.length, 0)
  const whole = await harness.connect()
  whole.socket.end(
    Buffer.concat([GREETING_LOGIN, login('a', 'b'), byName('example.com'), Buffer.from('all')]),
  )
  await until('the verification', () => answers.length === 4)
  await allArrived()
  answers[3]?.('a')
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.equal(harness.origin[0]?.received().toString(), 'all')
  harness.origin[0]?.socket.end()
  await until('the close line', () => harness.of('close').length === 1)
})

t.test('a verifier that takes too long is a timeout', async t => {
  const { verify, left, clients } = handVerifier()
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(Buffer.concat([GREETING_LOGIN, login('a', 'b')]))
  await client.bytes(2)
  await allArrived()
  harness.clock.advance(10_000)
  t.match(harness.of('rejected'), [{ reason: 'timeout', message: /verification/ }])
  t.same(left, [0], 'its turn is given back')
  t.same(clients, ['127.0.0.1'])
})

t.test('a login that is not checked is reported as a limit, at once', async t => {
  const { verify, answers } = handVerifier()
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(Buffer.concat([GREETING_LOGIN, login('a', 'b'), byName('example.com')]))
  await until('the verification', () => answers.length === 1)
  answers[0]?.({ ok: false, code: 'limit', message: 'too many wait' })
  t.equal(await client.over, 'end')
  t.same(client.received(), bytes([5, 2, 1, 1]))
  t.match(harness.of('rejected'), [{ reason: 'limit', message: 'too many wait', probe: false }])
  client.socket.end()
})

t.test('who can send no request any more does not wait for a turn', async t => {
  const { verify, answers, left } = handVerifier({ waits: true })
  const harness = await start(t, { verify })
  const idle = await harness.connect()
  idle.socket.end(Buffer.concat([GREETING_LOGIN, login('a', 'b')]))
  await until('the event', () => harness.of('rejected').length === 1)
  t.match(harness.of('rejected'), [{ reason: 'protocol' }])
  t.same(left, [0])
  const whole = await harness.connect()
  whole.socket.end(
    Buffer.concat([GREETING_LOGIN, login('a', 'b'), byName('example.com'), Buffer.from('all')]),
  )
  await until('the verification', () => answers.length === 2)
  await allArrived()
  answers[1]?.('a')
  await until('the data', () => harness.origin[0]?.received().toString() === 'all')
  whole.socket.destroy()
})

t.test('two logins, interleaved byte by byte, do not influence each other', async t => {
  const harness = await start(t, { verify: verifyEve, waits: { authFailureDelayMs: 0 } })
  const good = await harness.connect()
  const bad = await harness.connect()
  const goodBytes = Buffer.concat([GREETING_LOGIN, login('eve', 'apple'), byName('example.com')])
  const badBytes = Buffer.concat([GREETING_LOGIN, login('eva', 'appel'), byName('example.com')])
  for (let i = 0; i < goodBytes.length; i++) {
    good.socket.write(goodBytes.subarray(i, i + 1))
    bad.socket.write(badBytes.subarray(i, i + 1))
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  t.same(await good.bytes(14), bytes([5, 2, 1, 0], SUCCEEDED))
  t.same(await bad.bytes(4), bytes([5, 2, 1, 1]))
  t.equal(bad.received().length, 4)
  good.socket.destroy()
  bad.socket.destroy()
})

t.test('the race in the event is the race that was', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  await client.bytes(12)
  const trace: RaceTrace | undefined = harness.of('race')[0]?.trace
  t.ok(trace && summarise(trace).winner?.address === '192.0.2.1')
  client.socket.destroy()
})
