import t from 'tap'
import type { Test } from 'tap'
import type { ServerResult } from '../../../src/resolver/dns/ask-server.ts'
import { createAskServer } from '../../../src/resolver/dns/ask-server.ts'
import { WITHOUT_EDNS_MS, createEdnsMemory, serverOf } from '../../../src/resolver/dns/servers.ts'
import { createSocketBudget } from '../../../src/resolver/query-load.ts'
import { wireName } from '../../../src/wire/dns/names.ts'
import type { DnsRecord, Rcode } from '../../fixtures/dns-message.ts'
import { encodeMessage, encodeResponse, parseQuestion } from '../../fixtures/dns-message.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import type { HandStream, HandUdp } from '../../fixtures/hand-sockets.ts'
import { createHandSockets } from '../../fixtures/hand-sockets.ts'
import { nth } from '../../fixtures/nth.ts'

const ADDRESS: DnsRecord = { name: 'a.example', ttl: 60, type: 'A', value: '192.0.2.1' }

const setUp = (t: Test, { max = 4, useTcp = false } = {}) => {
  const clock = createHandClock()
  const { udp, streams, openUdp, openStream } = createHandSockets()
  const sockets = createSocketBudget(max)
  const edns = createEdnsMemory(clock)
  let ids = 0
  const { startExchange } = createAskServer({
    transport: { openUdp, openStream, randomId: () => (ids += 257) },
    clock,
    sockets,
    edns,
  })
  const server = serverOf('192.0.2.53')
  if (!server) throw new Error('no server')
  const open = () => {
    const said: ServerResult[] = []
    let turnedToTcp = 0
    const exchange = startExchange({
      server,
      name: wireName('a.example'),
      record: 'A',
      settle: each => said.push(each),
      onTcp: () => turnedToTcp++,
      useTcp,
    })
    t.teardown(exchange.close)
    return { ...exchange, said, turnedToTcp: () => turnedToTcp }
  }
  return { clock, udp, streams, sockets, edns, open }
}

/** Answers a query that was sent on a socket, the newest by default. */
const answer = (
  socket: HandUdp | HandStream,
  {
    rcode = 'NOERROR',
    records = [ADDRESS],
    truncated = false,
    which = -1,
  }: { rcode?: Rcode; records?: DnsRecord[]; truncated?: boolean; which?: number } = {},
) => {
  const message = socket.sent.at(which)
  if (!message) throw new Error('nothing was sent')
  socket.events.message(encodeResponse(parseQuestion(message), rcode, records, truncated))
}

t.test('one query, one socket, closed with the answer', async t => {
  const { udp, sockets, open } = setUp(t)
  const { ask, said } = open()
  ask()
  t.equal(udp.length, 1)
  t.match(nth(udp, 0).endpoint, { address: '192.0.2.53', port: 53 })
  t.match(parseQuestion(nth(nth(udp, 0).sent, 0)), {
    id: 257,
    name: 'a.example',
    type: 'A',
    udpMax: 1232,
  })
  answer(nth(udp, 0))
  t.match(said, [{ type: 'addresses', ttl: 60 }])
  t.equal(nth(udp, 0).closed, true)
  t.equal(sockets.open(), 0)
  ask()
  t.equal(udp.length, 1, 'it is over')
})

t.test('what is no answer to the query is ignored, and the wait goes on', async t => {
  const { udp, open } = setUp(t)
  const { ask, said } = open()
  ask()
  const socket = nth(udp, 0)
  const { id, section } = parseQuestion(nth(socket.sent, 0))
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('nonsense'),
    encodeMessage({ id: id + 1, question: section }),
    encodeMessage({ id, flags: 0x0100, question: section }),
    encodeMessage({ id, flags: 0x8980, question: section }),
    encodeMessage({ id, question: Buffer.concat([Buffer.from('\x01b'), section.subarray(2)]) }),
    encodeMessage({ id, flags: 0x8183 }),
  ]) {
    socket.events.message(bytes)
  }
  t.same(said, [])
  t.equal(socket.closed, false)
  answer(socket)
  t.match(said, [{ type: 'addresses' }])
})

t.test('asked again, it is the same query on the same socket', async t => {
  const { udp, edns, open } = setUp(t)
  edns.answered('192.0.2.53')
  const { ask, said } = open()
  ask()
  ask()
  t.equal(udp.length, 1)
  const [first, second] = nth(udp, 0).sent
  t.same(first, second)
  answer(nth(udp, 0), { which: 0 })
  t.equal(said.length, 1)
})

t.test('a server that refuses EDNS is asked without it, for ten minutes', async t => {
  const refusals: [string, (id: number, section: Buffer) => Buffer][] = [
    ['FORMERR', (id, question) => encodeMessage({ id, flags: 0x8181, question })],
    ['FORMERR without the question', id => encodeMessage({ id, flags: 0x8181 })],
    ['NOTIMP without OPT', (id, question) => encodeMessage({ id, flags: 0x8184, question })],
    [
      'BADVERS',
      (id, question) =>
        encodeMessage({
          id,
          question,
          additionals: [Buffer.from([0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0])],
        }),
    ],
  ]
  for (const [what, refusal] of refusals) {
    const { clock, udp, open } = setUp(t)
    const { ask, said } = open()
    ask()
    const socket = nth(udp, 0)
    const { id, section } = parseQuestion(nth(socket.sent, 0))
    socket.events.message(refusal(id, section))
    t.equal(socket.sent.length, 2, what)
    const again = parseQuestion(nth(socket.sent, 1))
    t.match(again, { edns: false, name: 'a.example' })
    t.not(again.id, id)
    answer(socket)
    t.match(said, [{ type: 'addresses' }])
    open().ask()
    t.equal(parseQuestion(nth(nth(udp, 1).sent, 0)).edns, false, 'it is remembered')
    clock.advance(WITHOUT_EDNS_MS)
    open().ask()
    t.equal(parseQuestion(nth(nth(udp, 2).sent, 0)).edns, true)
  }
})

t.test('a refusal of the plain query is an answer', async t => {
  const { udp, open } = setUp(t)
  const { ask, said } = open()
  ask()
  answer(nth(udp, 0), { rcode: 'FORMERR', records: [] })
  answer(nth(udp, 0), { rcode: 'FORMERR', records: [] })
  t.match(said, [{ type: 'failure', rcode: 1 }])
  const notImplemented = open()
  notImplemented.ask()
  answer(nth(udp, 1), { rcode: 'NOTIMP', records: [] })
  t.match(notImplemented.said, [{ type: 'failure', rcode: 4 }])
})

t.test(
  'where queries with EDNS are lost, the second is without, and that is remembered',
  async t => {
    const { udp, open } = setUp(t)
    const { ask, said } = open()
    ask()
    ask()
    const socket = nth(udp, 0)
    t.same(
      socket.sent.map(each => parseQuestion(each).edns),
      [true, false],
    )
    answer(socket)
    t.match(said, [{ type: 'addresses' }])
    open().ask()
    t.equal(parseQuestion(nth(nth(udp, 1).sent, 0)).edns, false)
  },
)

t.test('the answer to the first of two queries counts as well', async t => {
  const { udp, edns, open } = setUp(t)
  const { ask, said } = open()
  ask()
  ask()
  answer(nth(udp, 0), { which: 0 })
  t.match(said, [{ type: 'addresses' }])
  t.equal(edns.isKnown('192.0.2.53'), true)
  t.equal(edns.isUsed('192.0.2.53'), true)
})

t.test('a truncated answer is asked for by TCP, and nothing of it is used', async t => {
  const { udp, streams, sockets, open } = setUp(t)
  const { ask, said, turnedToTcp } = open()
  ask()
  answer(nth(udp, 0), { truncated: true })
  t.equal(nth(udp, 0).closed, true)
  t.same(said, [])
  t.equal(turnedToTcp(), 1)
  t.match(nth(streams, 0).endpoint, { address: '192.0.2.53', port: 53 })
  t.match(parseQuestion(nth(nth(streams, 0).sent, 0)), { name: 'a.example', edns: true })
  t.equal(sockets.open(), 1)
  answer(nth(streams, 0))
  t.match(said, [{ type: 'addresses' }])
  t.equal(nth(streams, 0).busy, false)
})

t.test('by TCP a truncated answer is malformed, and a refusal is reported', async t => {
  const { udp, streams, open } = setUp(t)
  const first = open()
  first.ask()
  answer(nth(udp, 0), { truncated: true })
  answer(nth(streams, 0), { truncated: true })
  t.same(first.said, [{ type: 'malformed' }])
  nth(streams, 0).events.closed(null)
  const second = open()
  second.ask()
  answer(nth(udp, 1), { truncated: true })
  nth(streams, 1).events.closed('ECONNREFUSED')
  t.same(second.said, [{ type: 'unreached', code: 'ECONNREFUSED' }])
})

t.test('by TCP alone, where that is wanted, also without EDNS', async t => {
  const { udp, streams, open } = setUp(t, { useTcp: true })
  const { ask, said, turnedToTcp } = open()
  ask()
  t.equal(udp.length, 0)
  const stream = nth(streams, 0)
  const { id, section } = parseQuestion(nth(stream.sent, 0))
  stream.events.message(encodeMessage({ id, flags: 0x8181, question: section }))
  t.equal(parseQuestion(nth(stream.sent, 1)).edns, false)
  answer(stream)
  t.match(said, [{ type: 'addresses' }])
  t.equal(turnedToTcp(), 0)
  t.equal(streams.length, 1)
})

t.test('a socket that fails is reported', async t => {
  const { udp, sockets, open } = setUp(t)
  const { ask, said } = open()
  ask()
  nth(udp, 0).events.failed('EMFILE')
  t.same(said, [{ type: 'unreached', code: 'EMFILE' }])
  t.equal(sockets.open(), 0)
})

t.test('a spare socket serves until another needs its place, and is opened again', async t => {
  const { udp, sockets, open } = setUp(t, { max: 1 })
  const first = open()
  first.ask()
  first.spare()
  const second = open()
  second.ask()
  t.equal(nth(udp, 0).closed, true)
  t.equal(sockets.open(), 1)
  answer(nth(udp, 1))
  t.match(second.said, [{ type: 'addresses' }])
  t.same(first.said, [])
  first.ask()
  answer(nth(udp, 2))
  t.match(first.said, [{ type: 'addresses' }])

  const third = open()
  third.ask()
  third.spare()
  answer(nth(udp, 3))
  t.match(third.said, [{ type: 'addresses' }], 'while it has its place an answer counts')
})

t.test('by TCP a spare query serves until another needs its place', async t => {
  const { streams, udp, sockets, open } = setUp(t, { max: 1, useTcp: true })
  const first = open()
  first.ask()
  first.spare()
  answer(nth(streams, 0))
  t.match(first.said, [{ type: 'addresses' }])

  const second = open()
  second.ask()
  t.equal(streams.length, 1)
  second.timedOut()
  const third = open()
  third.ask()
  t.equal(nth(streams, 0).closed, true)
  t.equal(sockets.open(), 1)
  answer(nth(streams, 1))
  t.match(third.said, [{ type: 'addresses' }])
  t.same(second.said, [])
  t.equal(udp.length, 0)
})

t.test('a spare query that goes on by TCP, or without EDNS, is spare there too', async t => {
  const { udp, streams, sockets, open } = setUp(t, { max: 1 })
  const first = open()
  first.ask()
  first.spare()
  answer(nth(udp, 0), { rcode: 'FORMERR', records: [] })
  const second = open()
  second.ask()
  t.equal(nth(udp, 0).closed, true)
  t.equal(sockets.open(), 1)
  second.spare()
  answer(nth(udp, 1), { truncated: true })
  t.equal(streams.length, 1)
  open().ask()
  t.equal(nth(streams, 0).closed, true)
  t.equal(sockets.open(), 1)
})

t.test('one that is closed hears nothing', async t => {
  const { udp, streams, sockets, open } = setUp(t)
  const first = open()
  first.ask()
  first.close()
  answer(nth(udp, 0))
  nth(udp, 0).events.failed('ECONNREFUSED')
  t.equal(nth(udp, 0).closed, true)
  const second = open()
  second.ask()
  answer(nth(udp, 1), { truncated: true })
  second.close()
  answer(nth(streams, 0))
  t.same([first.said, second.said], [[], []])
  t.equal(sockets.open(), 1, 'the idle connection')
  first.ask()
  t.equal(udp.length, 2)
})
