import t from 'tap'
import type { Test } from 'tap'
import { parseIp } from '../../src/core/ip.ts'
import {
  createGreetings,
  GREETING_TIMEOUT_MS,
  GREETINGS_MAX,
  refuseLogin,
} from '../../src/listener/greetings.ts'
import { createClientProtocol } from '../../src/listener/protocols/client-protocols.ts'
import { createLiveSessions } from '../../src/listener/live-sessions.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { bytes, byName, FAILED } from '../fixtures/listener-start.ts'
import { until } from '../fixtures/listener.ts'
import { socketPair } from '../fixtures/socket-pair.ts'

type Over = { readonly probe: boolean; readonly reply: number | undefined }

const waits = {
  handshakeTimeoutMs: 10_000,
  authFailureDelayMs: 1000,
  idleTimeoutMs: 7_440_000,
  halfCloseTimeoutMs: 60_000,
}

const rig = (requireLogin = false, max?: number) => {
  const clock = createHandClock()
  const sessions = createLiveSessions()
  const greetings = createGreetings(clock, sessions, max)
  const over: Over[] = []
  const greet = async (t: Test) => {
    const { outer: client, inner: socket } = await socketPair(t)
    const received: Buffer[] = []
    client.on('data', (chunk: Buffer) => received.push(chunk)).resume()
    let isEnded = false
    client.once('end', () => (isEnded = true))
    greetings.add({
      accepted: {
        socket,
        transport: 'tcp',
        peer: {
          text: '192.0.2.1:7',
          key: '192.0.2.1',
          ip: parseIp('192.0.2.1') ?? null,
          isLocal: true,
        },
        start: null,
        conn: 'c1',
        listener: 'socks',
        acceptedAt: 0,
      },
      createProtocol: createClientProtocol(
        { protocol: 'mixed', verify: requireLogin ? refuseLogin : null, refusesAll: true },
        { clock, waits },
      ),
      failure: { outcome: 'denied', code: 'ERR_ACCESS_DENIED', message: 'denied' },
      onOver: ({ probe, reply }) => void over.push({ probe, reply }),
    })
    return { client, received: () => Buffer.concat(received), isEnded: () => isEnded }
  }
  return { clock, sessions, over, greet }
}

t.test('a greeting is answered as everybody’s is', async t => {
  for (const [requireLogin, offer, answer] of [
    [false, bytes(5, 1, 0), bytes(5, 0)],
    [false, bytes(5, 2, 0, 2), bytes(5, 0)],
    [true, bytes(5, 2, 0, 2), bytes(5, 2)],
  ] as const) {
    const { greet, over, sessions, clock } = rig(requireLogin)
    const { client, received } = await greet(t)
    client.write(offer.subarray(0, 1))
    client.write(offer.subarray(1))
    await until('the answer', () => received().length === 2)
    t.same(received(), answer)
    t.same(over, [], 'it is not over yet')
    client.end()
    await until('the end', () => sessions.size() === 0)
    t.same(over, [{ probe: true, reply: undefined }])
    t.equal(clock.pending(), 0)
  }
})

t.test('all else is refused, each in its own words', async t => {
  for (const [requireLogin, sent, answer, reply] of [
    [false, bytes(5, 1, 0, byName('example.com')), bytes(5, 0, FAILED(2)), 2],
    [true, bytes(5, 1, 2, 1, 1, 65, 1, 66), bytes(5, 2, 1, 1), undefined],
    [true, bytes(5, 1, 0), bytes(5, 0xff), undefined],
    [false, bytes(4, 1, 0, 80, 192, 0, 2, 1, 0), bytes(0, 0x5b, 0, 0, 0, 0, 0, 0), 0x5b],
  ] as const) {
    const { greet, over, sessions, clock } = rig(requireLogin)
    const { client, received, isEnded } = await greet(t)
    client.write(sent)
    await until('the end', isEnded)
    t.same(received(), answer)
    t.same(over, [{ probe: false, reply }])
    client.write('more')
    client.end()
    await until('the end', () => sessions.size() === 0)
    t.equal(over.length, 1, 'it is over once')
    t.equal(clock.pending(), 0)
  }
})

t.test('a request of HTTP is refused at once, with a login and without', async t => {
  for (const requireLogin of [false, true]) {
    for (const login of ['', 'Proxy-Authorization: Basic ZXZlOmV2ZQ==\r\n']) {
      for (const line of ['CONNECT example.com:443', 'GET http://example.com/']) {
        const { greet, over, sessions } = rig(requireLogin)
        const { client, received, isEnded } = await greet(t)
        client.write(`${line} HTTP/1.1\r\n${login}\r\n`)
        await until('the end', isEnded)
        const answer = received().toString('latin1')
        t.match(answer, /^HTTP\/1.1 403 [^]*destination_ip_prohibited[^]*\r\n\r\ndenied\n$/, line)
        t.same(over, [{ probe: false, reply: 403 }])
        client.end()
        await until('the end', () => sessions.size() === 0)
      }
    }
  }
})

t.test('it is over soon, whoever waits', async t => {
  const { greet, over, sessions, clock } = rig()
  const silent = await greet(t)
  const half = await greet(t)
  half.client.write(bytes(5, 1, 0, 5, 1))
  await until('its answer', () => half.received().length === 2)
  clock.advance(GREETING_TIMEOUT_MS - 1)
  t.same(over, [])
  clock.advance(1)
  t.same(over, [
    { probe: true, reply: undefined },
    { probe: false, reply: undefined },
  ])
  await until('the end', () => sessions.size() === 0 && silent.isEnded() && half.isEnded())
  t.equal(clock.pending(), 0)
})

t.test('there are few at a time: the oldest makes way', async t => {
  const { greet, over, sessions } = rig()
  const all = await Promise.all(Array.from({ length: GREETINGS_MAX + 1 }, () => greet(t)))
  t.same(over, [{ probe: false, reply: undefined }], 'a crowd is worth a line')
  await until('the end of the oldest', () => all.some(({ isEnded }) => isEnded()))
  await until('its end here', () => sessions.size() === GREETINGS_MAX)
  const other = all.find(({ isEnded }) => !isEnded())
  other?.client.write(bytes(5, 1, 0))
  await until('the answer', () => other?.received().length === 2)
  t.equal(over.length, 1)
})

t.test('one that has been answered counts until its socket is closed', async t => {
  const { greet, over, sessions } = rig(false, 2)
  const refused = await greet(t)
  refused.client.write(bytes(5, 1, 0, byName('example.com')))
  await until('the refusal', () => refused.received().length === 12)
  t.same(over, [{ probe: false, reply: 2 }])
  t.equal(sessions.size(), 1, 'its client has not closed yet')
  await greet(t)
  t.equal(sessions.size(), 2)
  await greet(t)
  await until('its end', () => sessions.size() === 2)
  t.equal(over.length, 1, 'nobody else had to go')
  await greet(t)
  await until('the end of the next', () => sessions.size() === 2)
  t.equal(over.length, 2)
})

t.test('a drain ends them', async t => {
  const { greet, over, sessions, clock } = rig()
  await greet(t)
  const refused = await greet(t)
  refused.client.write(bytes(5, 1, 0, byName('example.com')))
  await until('the refusal', () => refused.received().length === 12)
  sessions.endAll()
  await until('the end', () => sessions.size() === 0)
  t.equal(over.length, 2)
  t.equal(clock.pending(), 0)
})

t.test('a login of a refused client never waits for its check', async t => {
  const verdicts: unknown[] = []
  const login = { user: new Uint8Array(1), password: new Uint8Array(1) }
  const { isWaiting, leave } = refuseLogin(login, '192.0.2.1', verdict => verdicts.push(verdict))
  t.equal(isWaiting(), false)
  await Promise.resolve()
  t.match(verdicts, [{ ok: false, code: 'limit' }])
  t.doesNotThrow(leave)
})
