import t from 'tap'
import { serverOf } from '../../../src/resolver/dns/servers.ts'
import { createSocketBudget } from '../../../src/resolver/query-load.ts'
import { createTcpQueries } from '../../../src/resolver/dns/tcp-queries.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { createHandSockets } from '../../fixtures/hand-sockets.ts'
import { nth } from '../../fixtures/nth.ts'

const setUp = (max = 4) => {
  const { streams, openStream } = createHandSockets()
  const sockets = createSocketBudget(max)
  const clock = createHandClock()
  const tcp = createTcpQueries({ open: openStream, clock, sockets })
  const results: string[] = []
  /** Asks with a text, whose answer is the same text. */
  const ask = (address: string, text: string) => {
    const server = serverOf(address)
    if (!server) throw new Error(`${address} is no server`)
    return tcp.ask(
      server,
      Buffer.from(text),
      bytes => {
        if (Buffer.from(bytes).toString() !== text) return false
        results.push(text)
        return true
      },
      code => results.push(`${text} ${code}`),
    )
  }
  const answer = (index: number, text: string) =>
    nth(streams, index).events.message(Buffer.from(text))
  return { tcp, clock, streams, sockets, results, ask, answer }
}

t.test('one connection for each server, answers in any order', async t => {
  const { streams, results, ask, answer } = setUp()
  for (const text of ['a', 'b', 'c']) ask('192.0.2.1', text)
  ask('192.0.2.2', 'd')
  t.same(
    streams.map(({ endpoint, sent }) => [endpoint.address, sent.map(String)]),
    [
      ['192.0.2.1', ['a', 'b', 'c']],
      ['192.0.2.2', ['d']],
    ],
  )
  answer(0, 'c')
  answer(0, 'x')
  answer(0, 'a')
  answer(0, 'd')
  t.same(results, ['c', 'a'])
  t.equal(nth(streams, 0).busy, true)
  answer(0, 'b')
  t.equal(nth(streams, 0).busy, false)
  answer(0, 'b')
  t.same(results, ['c', 'a', 'b'], 'a second answer is nobody’s')
})

t.test('behind a query without an answer others take another connection', async t => {
  const { clock, streams, results, ask, answer } = setUp()
  const hangs = ask('192.0.2.1', 'hangs')
  clock.advance(99)
  ask('192.0.2.1', 'a')
  t.equal(streams.length, 1, 'it may come yet')
  clock.advance(1)
  ask('192.0.2.1', 'b')
  ask('192.0.2.1', 'c')
  t.same(
    streams.map(({ sent }) => sent.map(String)),
    [
      ['hangs', 'a'],
      ['b', 'c'],
    ],
  )
  answer(1, 'b')
  answer(1, 'c')
  answer(0, 'a')
  t.same(results, ['b', 'c', 'a'], 'what waits on the first still counts')
  ask('192.0.2.1', 'd')
  t.equal(nth(streams, 1).sent.length, 3)
  t.equal(nth(streams, 0).closed, false)
  hangs.close()
  t.equal(nth(streams, 0).closed, true, 'nobody needs it any more')
})

t.test(
  'an idle connection serves the next query, and is closed where a socket is wanted',
  async t => {
    const { streams, sockets, results, ask, answer } = setUp(1)
    ask('192.0.2.1', 'a')
    answer(0, 'a')
    ask('192.0.2.1', 'b')
    t.equal(streams.length, 1)
    t.equal(nth(streams, 0).busy, true)
    answer(0, 'b')
    t.same(results, ['a', 'b'])
    sockets.take()
    t.equal(nth(streams, 0).closed, true)
    t.equal(sockets.open(), 1)
    ask('192.0.2.1', 'c')
    t.equal(streams.length, 2)
  },
)

t.test('where the first query of a connection gets none, it has failed', async t => {
  const { streams, sockets, results, ask } = setUp()
  ask('192.0.2.1', 'a')
  nth(streams, 0).events.closed('ECONNREFUSED')
  ask('192.0.2.1', 'b')
  nth(streams, 1).events.closed(null)
  t.same(results, ['a ECONNREFUSED', 'b ECONNRESET'])
  t.equal(sockets.open(), 0)
})

t.test('a connection that ends as a query is on its way is made again, once', async t => {
  const { streams, results, ask, answer } = setUp()
  ask('192.0.2.1', 'a')
  answer(0, 'a')
  ask('192.0.2.1', 'b')
  ask('192.0.2.1', 'c')
  nth(streams, 0).events.closed(null)
  t.same(nth(streams, 1).sent.map(String), ['b', 'c'])
  answer(1, 'c')
  nth(streams, 1).events.closed('ECONNRESET')
  t.same(results, ['a', 'c', 'b ECONNRESET'])
  t.equal(streams.length, 2)
})

t.test('a query that is given up hears nothing, and leaves the connection idle', async t => {
  const { streams, results, ask, answer } = setUp()
  const { close } = ask('192.0.2.1', 'a')
  close()
  close()
  t.equal(nth(streams, 0).busy, false)
  answer(0, 'a')
  nth(streams, 0).events.closed(null)
  close()
  t.same(results, [])
})

t.test('a connection that has said nothing to a query in its time gets no other', async t => {
  const { tcp, streams, sockets, results, ask, answer } = setUp()
  const first = ask('192.0.2.1', 'a')
  const second = ask('192.0.2.1', 'b')
  first.timedOut()
  ask('192.0.2.1', 'c')
  t.same(
    streams.map(({ sent }) => sent.map(String)),
    [['a', 'b'], ['c']],
  )
  answer(0, 'a')
  answer(1, 'c')
  t.same(results, ['a', 'c'], 'a late answer counts')
  t.equal(nth(streams, 0).closed, false, 'another query still waits')
  second.close()
  t.equal(nth(streams, 0).closed, true)
  t.equal(nth(streams, 1).closed, false)
  t.equal(sockets.open(), 1)
  tcp.close()
})

t.test('one that has said anything meanwhile goes on', async t => {
  const { streams, ask, answer } = setUp()
  const slow = ask('192.0.2.1', 'a')
  ask('192.0.2.1', 'b')
  answer(0, 'b')
  slow.timedOut()
  ask('192.0.2.1', 'c').timedOut()
  t.equal(streams.length, 1)
  ask('192.0.2.1', 'd')
  t.equal(streams.length, 2, 'nothing came after that query')
})

t.test('a connection whose queries are all spare is closed where a socket is wanted', async t => {
  const { streams, sockets, results, ask, answer } = setUp(1)
  const first = ask('192.0.2.1', 'a')
  const second = ask('192.0.2.1', 'b')
  first.spare()
  second.timedOut()
  t.equal(nth(streams, 0).busy, true)
  ask('192.0.2.2', 'c')
  t.equal(nth(streams, 0).closed, true)
  t.equal(sockets.open(), 1)
  answer(1, 'c')
  first.close()
  second.close()
  t.same(results, ['c'], 'they hear nothing of it')

  const third = ask('192.0.2.2', 'd')
  third.spare()
  t.equal(nth(streams, 1).closed, false)
  ask('192.0.2.2', 'e')
  sockets.take()
  t.equal(nth(streams, 1).closed, false, 'it is needed again')
})

t.test('a late query is not sent again where its connection ends, a spare one is', async t => {
  const { streams, sockets, results, ask, answer } = setUp(1)
  ask('192.0.2.1', 'a')
  answer(0, 'a')
  ask('192.0.2.1', 'b').spare()
  ask('192.0.2.1', 'c').timedOut()
  nth(streams, 0).events.closed(null)
  t.same(nth(streams, 1).sent.map(String), ['b'])
  t.same(results, ['a', 'c ECONNRESET'])
  sockets.take()
  t.equal(nth(streams, 1).closed, true, 'spare as before')
})

t.test('in another network each server has another connection', async t => {
  const { tcp, streams, results, ask, answer } = setUp()
  ask('192.0.2.1', 'a')
  ask('192.0.2.2', 'b')
  answer(1, 'b')
  tcp.forget()
  t.same(
    streams.map(({ closed }) => closed),
    [false, true],
  )
  ask('192.0.2.1', 'c')
  t.same(nth(streams, 2).sent.map(String), ['c'])
  answer(0, 'a')
  t.same(results, ['b', 'a'], 'a query under way has its answer')
  t.equal(nth(streams, 0).closed, true)
})

t.test('close closes all', async t => {
  const { tcp, streams, sockets, results, ask } = setUp()
  ask('192.0.2.1', 'a').timedOut()
  ask('192.0.2.1', 'b')
  ask('192.0.2.2', 'c')
  tcp.close()
  t.same(
    streams.map(({ closed }) => closed),
    [true, true, true],
  )
  t.equal(sockets.open(), 0)
  t.same(results, [])
})
