import t from 'tap'
import { serverOf } from '../../../src/resolver/dns/servers.ts'
import { createSocketBudget } from '../../../src/resolver/dns/socket-budget.ts'
import { createTcpQuestions } from '../../../src/resolver/dns/tcp-questions.ts'
import { createHandSockets } from '../../fixtures/hand-sockets.ts'
import { nth } from '../../fixtures/nth.ts'

const setUp = (max = 4) => {
  const { streams, openStream } = createHandSockets()
  const sockets = createSocketBudget(max)
  const tcp = createTcpQuestions({ open: openStream, sockets })
  const told: string[] = []
  /** Asks with a text, whose answer is the same text. */
  const ask = (address: string, text: string) => {
    const server = serverOf(address)
    if (!server) throw new Error(`${address} is no server`)
    return tcp.ask(
      server,
      Buffer.from(text),
      bytes => {
        if (Buffer.from(bytes).toString() !== text) return false
        told.push(text)
        return true
      },
      code => told.push(`${text} ${code}`),
    )
  }
  const answer = (index: number, text: string) =>
    nth(streams, index).events.message(Buffer.from(text))
  return { tcp, streams, sockets, told, ask, answer }
}

t.test('one connection for each server, answers in any order', async t => {
  const { streams, told, ask, answer } = setUp()
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
  t.same(told, ['c', 'a'])
  t.equal(nth(streams, 0).busy, true)
  answer(0, 'b')
  t.equal(nth(streams, 0).busy, false)
  answer(0, 'b')
  t.same(told, ['c', 'a', 'b'], 'a second answer is nobody’s')
})

t.test(
  'an idle connection serves the next question, and is closed where a socket is wanted',
  async t => {
    const { streams, sockets, told, ask, answer } = setUp(1)
    ask('192.0.2.1', 'a')
    answer(0, 'a')
    ask('192.0.2.1', 'b')
    t.equal(streams.length, 1)
    t.equal(nth(streams, 0).busy, true)
    answer(0, 'b')
    t.same(told, ['a', 'b'])
    sockets.take()
    t.equal(nth(streams, 0).closed, true)
    t.equal(sockets.open(), 1)
    ask('192.0.2.1', 'c')
    t.equal(streams.length, 2)
  },
)

t.test('where the first question of a connection gets none, it has failed', async t => {
  const { streams, sockets, told, ask } = setUp()
  ask('192.0.2.1', 'a')
  nth(streams, 0).events.closed('ECONNREFUSED')
  ask('192.0.2.1', 'b')
  nth(streams, 1).events.closed(null)
  t.same(told, ['a ECONNREFUSED', 'b ECONNRESET'])
  t.equal(sockets.open(), 0)
})

t.test('a connection that ends as a question is on its way is made again, once', async t => {
  const { streams, told, ask, answer } = setUp()
  ask('192.0.2.1', 'a')
  answer(0, 'a')
  ask('192.0.2.1', 'b')
  ask('192.0.2.1', 'c')
  nth(streams, 0).events.closed(null)
  t.same(nth(streams, 1).sent.map(String), ['b', 'c'])
  answer(1, 'c')
  nth(streams, 1).events.closed('ECONNRESET')
  t.same(told, ['a', 'c', 'b ECONNRESET'])
  t.equal(streams.length, 2)
})

t.test('a question that is given up hears nothing, and leaves the connection idle', async t => {
  const { streams, told, ask, answer } = setUp()
  const leave = ask('192.0.2.1', 'a')
  leave()
  leave()
  t.equal(nth(streams, 0).busy, false)
  answer(0, 'a')
  nth(streams, 0).events.closed(null)
  leave()
  t.same(told, [])
})

t.test('close closes all', async t => {
  const { tcp, streams, sockets, told, ask } = setUp()
  ask('192.0.2.1', 'a')
  ask('192.0.2.2', 'b')
  tcp.close()
  t.same(
    streams.map(({ closed }) => closed),
    [true, true],
  )
  t.equal(sockets.open(), 0)
  t.same(told, [])
})
