import t from 'tap'
import {
  WITHOUT_EDNS_MS,
  createEdnsMemory,
  createServerList,
  readServer,
  readServers,
  serverOf,
} from '../../../src/resolver/dns/servers.ts'
import type { HandClock } from '../../fixtures/hand-clock.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

t.test('servers by hand, in one text for each', async t => {
  const given = [
    '192.0.2.53',
    '192.0.2.53:53',
    '192.0.2.53:5353',
    '2001:DB8:0::53',
    '[2001:db8::53]:53',
    '[2001:db8::53]:5353',
    'fe80::53%eth0',
    '[fe80::53%eth0]:5353',
  ]
  t.same(
    readServers(given).map(({ text, endpoint: { address, family, port } }) => [
      text,
      address,
      family,
      port,
    ]),
    [
      ['192.0.2.53', '192.0.2.53', 4, 53],
      ['192.0.2.53', '192.0.2.53', 4, 53],
      ['192.0.2.53:5353', '192.0.2.53', 4, 5353],
      ['2001:db8::53', '2001:db8::53', 6, 53],
      ['2001:db8::53', '2001:db8::53', 6, 53],
      ['[2001:db8::53]:5353', '2001:db8::53', 6, 5353],
      ['fe80::53%eth0', 'fe80::53%eth0', 6, 53],
      ['[fe80::53%eth0]:5353', 'fe80::53%eth0', 6, 5353],
    ],
  )
})

t.test('what is no server', async t => {
  for (const text of [
    'dns.example.com',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '',
    '[192.0.2.53]:53',
    '2001:db8::53:x',
  ]) {
    t.throws(
      () => readServers(['192.0.2.1', text]),
      { code: 'ERR_INVALID_ADDRESS', found: text },
      text,
    )
  }
})

t.test('an address alone', async t => {
  t.match(serverOf('192.0.2.53'), { text: '192.0.2.53', endpoint: { port: 53 } })
  t.equal(serverOf('192.0.2.53:5353'), undefined)
  t.equal(serverOf('dns.example'), undefined)
  t.match(readServer('192.0.2.53:5353'), { endpoint: { port: 5353 } })
  t.equal(readServer('dns.example'), undefined)
})

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

t.test('a server that refuses EDNS is asked without it for ten minutes', async t => {
  const clock = createHandClock()
  const edns = createEdnsMemory(clock)
  t.equal(edns.isUsed('s1'), true)
  t.equal(edns.isKnown('s1'), false)
  edns.refused('s1')
  t.equal(edns.isUsed('s1'), false)
  t.equal(edns.isUsed('s2'), true)
  clock.advance(WITHOUT_EDNS_MS - 1)
  t.equal(edns.isUsed('s1'), false)
  clock.advance(1)
  t.equal(edns.isUsed('s1'), true)
})

t.test('it knows who has answered, until that one refuses or the network is another', async t => {
  const edns = createEdnsMemory(createHandClock())
  edns.answered('s1')
  edns.answered('s2')
  t.equal(edns.isKnown('s1'), true)
  edns.refused('s1')
  t.equal(edns.isKnown('s1'), false)
  edns.forget()
  t.equal(edns.isKnown('s2'), false)
  t.equal(edns.isUsed('s1'), true)
})
