import t from 'tap'
import { createServerList } from '../../../src/resolver/dns/server-list.ts'
import { readServers } from '../../../src/resolver/dns/servers.ts'
import type { HandClock } from '../../fixtures/hand-clock.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const SERVERS = ['192.0.2.1', '192.0.2.2', '192.0.2.3']

/** A list whose servers are their texts. */
const setUp = (clock: HandClock) => {
  const list = createServerList(clock)
  return {
    ...list,
    order: (servers: readonly string[]) => list.order(readServers(servers)).map(({ text }) => text),
    takeProbes: (servers: readonly string[]) =>
      list.takeProbes(readServers(servers)).map(({ text }) => text),
  }
}

t.test('as configured, until one is silent', async t => {
  const clock = createHandClock()
  const list = setUp(clock)
  t.same(list.order(SERVERS), SERVERS)
  list.silent('192.0.2.1', clock.now())
  t.same(list.order(SERVERS), ['192.0.2.2', '192.0.2.3', '192.0.2.1'])
  list.answered('192.0.2.1')
  t.same(list.order(SERVERS), SERVERS)
})

t.test('where all are silent, the one that answered last is asked first', async t => {
  const clock = createHandClock()
  const list = setUp(clock)
  list.silent('192.0.2.1', clock.now())
  list.answered('192.0.2.2')
  clock.advance(10)
  list.answered('192.0.2.3')
  clock.advance(10)
  for (const server of SERVERS) list.silent(server, clock.now())
  t.same(list.order(SERVERS), ['192.0.2.3', '192.0.2.2', '192.0.2.1'])

  const cold = setUp(clock)
  for (const server of SERVERS) cold.silent(server, clock.now())
  t.same(cold.order(SERVERS), SERVERS)
})

t.test('a server that answers others is not silent', async t => {
  const clock = createHandClock()
  const list = setUp(clock)
  const askedAt = clock.now()
  clock.advance(1000)
  list.answered('192.0.2.1')
  clock.advance(1000)
  list.silent('192.0.2.1', askedAt)
  t.same(list.order(SERVERS), SERVERS)
  list.silent('192.0.2.1', clock.now())
  t.same(list.order(SERVERS)[0], '192.0.2.2')
})

t.test('a silent server is tried again every five seconds', async t => {
  const clock = createHandClock()
  const list = setUp(clock)
  t.same(list.takeProbes(SERVERS), [])
  list.silent('192.0.2.2', clock.now())
  clock.advance(4999)
  t.same(list.takeProbes(SERVERS), [])
  clock.advance(1)
  t.same(list.takeProbes(['192.0.2.9']), [], 'only servers in use')
  t.same(list.takeProbes(SERVERS), ['192.0.2.2'])
  t.same(list.takeProbes(SERVERS), [], 'one at a time')
  clock.advance(5000)
  t.same(list.takeProbes(SERVERS), ['192.0.2.2'])
  list.answered('192.0.2.2')
  clock.advance(5000)
  t.same(list.takeProbes(SERVERS), [])
})

t.test('in another network nobody is silent, nor blamed for the old one', async t => {
  const clock = createHandClock()
  const list = setUp(clock)
  list.silent('192.0.2.1', clock.now())
  const askedAt = clock.now()
  clock.advance(10)
  list.forget()
  t.same(list.order(SERVERS), SERVERS)
  t.same(list.takeProbes(SERVERS), [])
  list.silent('192.0.2.1', askedAt)
  t.same(list.order(SERVERS), SERVERS)
  list.silent('192.0.2.1', clock.now())
  t.equal(list.order(SERVERS)[0], '192.0.2.2', 'what it does now counts')
})
