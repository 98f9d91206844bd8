import t from 'tap'
import type { Answer, LookupCode } from '../../../src/resolver/types.ts'
import type { DnsRecord } from '../../fixtures/dns-message.ts'
import { encodeResponse, parseQuestion } from '../../fixtures/dns-message.ts'
import { createHandServers } from '../../fixtures/hand-servers.ts'
import { nth } from '../../fixtures/nth.ts'

const GOOD: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }
const bad = (code: LookupCode, server?: string): Answer =>
  server === undefined
    ? { ok: false, code, source: 'dns' }
    : { ok: false, code, source: 'dns', server }

const alias = (name: string, value: string, ttl = 60): DnsRecord => ({
  name,
  ttl,
  type: 'CNAME',
  value,
})
const SOA: DnsRecord = { name: 'example', ttl: 300, type: 'SOA', value: '30' }

t.test('the first server is asked, and its answer ends the query', async t => {
  const { clock, query, answer, got, asked, open } = createHandServers(['s1', 's2'])
  query()
  answer('s1')
  t.same(got, [GOOD])
  t.same(asked(), ['s1 a.example'])
  t.equal(clock.pending(), 0)
  t.same(open(), [])
})

t.test('NXDOMAIN and no data are answers: the next server is not asked', async t => {
  for (const [rcode, code] of [
    ['NXDOMAIN', 'ENOTFOUND'],
    ['NOERROR', 'ENODATA'],
  ] as const) {
    const { query, answer, got, asked } = createHandServers(['s1', 's2'])
    query()
    answer('s1', { rcode, records: [SOA] })
    t.same(got, [{ ...bad(code), ttl: 30 }])
    t.equal(asked().length, 1)
  }
})

t.test('a failure names the server that it is about', async t => {
  const alone = createHandServers(['s1'])
  alone.query()
  alone.clock.advance(4000)
  t.same(alone.got, [bad('ETIMEDOUT', '192.0.2.1')])
  const none = createHandServers([])
  none.query()
  t.same(none.got, [bad('ECONNREFUSED')])
})

t.test('each server has its timeout, and each its attempts', async t => {
  const { clock, query, got, asked, open } = createHandServers(['s1', 's2'])
  query()
  clock.advance(1999)
  t.same(asked(), ['s1 a.example'])
  clock.advance(1)
  t.same(asked(), ['s1 a.example', 's2 a.example'])
  clock.advance(2000)
  t.same(asked(), ['s1 a.example', 's1 a.example', 's2 a.example'])
  t.same(open(), ['s1', 's2'], 'each has one socket, however often it is asked')
  clock.advance(3999)
  t.same(got, [])
  clock.advance(1)
  t.same(got, [bad('ETIMEDOUT')])
  t.equal(asked().length, 4)
  t.same(open(), [])
  t.equal(clock.pending(), 0)
})

t.test('an answer after its timeout still counts, and the others are closed', async t => {
  const { clock, query, answer, got, open } = createHandServers(['s1', 's2'])
  query()
  clock.advance(2500)
  answer('s1')
  t.same(got, [GOOD])
  t.same(open(), [])
  t.equal(clock.pending(), 0)
})

t.test('by TCP too, of each connection that was opened', async t => {
  for (const which of [0, 1]) {
    const { clock, query, streams, got, sockets } = createHandServers(['s1'], { useTcp: true })
    query()
    clock.advance(2500)
    t.equal(streams.length, 2)
    const { sent, events } = nth(streams, which)
    const question = parseQuestion(nth(sent, 0))
    const record = { name: 'a.example', ttl: 60, type: 'A', value: '192.0.2.1' } as const
    events.message(encodeResponse(question, 'NOERROR', [record], false))
    t.same(got, [GOOD])
    t.equal(nth(streams, 0).closed, true, 'it was silent in its time')
    t.equal(sockets.open(), 1)
    t.equal(clock.pending(), 0)
  }
})

t.test('a connection that ends after its timeout does not end the next attempt', async t => {
  const { clock, query, streams, answer, got } = createHandServers(['s1'], { useTcp: true })
  query()
  clock.advance(2000)
  nth(streams, 0).events.closed('ETIMEDOUT')
  nth(streams, 0).closed = true
  t.same(got, [])
  answer('s1')
  t.same(got, [GOOD])
})

t.test('a late failure is no reason to ask yet another server', async t => {
  const { clock, query, answer, got, asked } = createHandServers(['s1', 's2'])
  query()
  clock.advance(2500)
  answer('s1', { rcode: 'SERVFAIL' })
  t.same(asked(), ['s1 a.example', 's2 a.example'])
  clock.advance(1500)
  t.same(asked(), ['s1 a.example', 's2 a.example', 's2 a.example'], 's1 has answered')
  clock.advance(2000)
  t.same(got, [bad('ESERVFAIL', '192.0.2.1')], 'what was said is worth more than silence')
})

t.test('a server that fails is not asked twice, the next one is at once', async t => {
  const { clock, query, answer, got, asked } = createHandServers(['s1', 's2'])
  query()
  answer('s1', { rcode: 'SERVFAIL' })
  t.same(asked(), ['s1 a.example', 's2 a.example'])
  t.equal(clock.pending(), 1, 'its timer is gone')
  answer('s2', { rcode: 'REFUSED' })
  t.same(got, [bad('EREFUSED', '192.0.2.2')])
  t.equal(asked().length, 2)
})

t.test('a server that cannot be reached costs no time', async t => {
  const { clock, query, answer, fail, got, asked } = createHandServers(['s1', 's2'])
  query()
  fail('s1', 'ENETUNREACH')
  answer('s2')
  t.same(got, [GOOD])
  query()
  t.equal(asked().at(-1), 's2 a.example', 'and the next query goes round it')
  fail('s2', 'ECONNREFUSED')
  for (const server of ['s1', 's2', 's1']) fail(server, 'ECONNREFUSED')
  t.same(got[1], bad('ECONNREFUSED', '192.0.2.1'))
  t.equal(clock.pending(), 0)
})

t.test('without a descriptor the query ends at once, and no server is blamed', async t => {
  const { query, answer, fail, got, asked } = createHandServers(['s1', 's2'])
  query()
  fail('s1', 'EMFILE')
  t.same(got, [bad('EMFILE')])
  query('b.example')
  t.same(asked(), ['s1 a.example', 's1 b.example'])
  answer('s1')
  t.equal(got.length, 2)
})

t.test('no server at all', async t => {
  const { query, got } = createHandServers([])
  query()
  t.same(got, [bad('ECONNREFUSED')])
})

t.test('an alias whose end is not in the answer is asked for by its last name', async t => {
  const { query, answer, got, asked } = createHandServers(['s1', 's2'])
  query()
  answer('s1', { records: [alias('a.example', 'b.example', 9), alias('b.example', 'c.example')] })
  t.same(asked(), ['s1 a.example', 's1 c.example'])
  answer('s1')
  t.same(got, [{ ...GOOD, ttl: 9 }])
})

t.test('what an alias leads to may not exist, for no longer than the alias', async t => {
  const { query, answer, got } = createHandServers(['s1'])
  query()
  answer('s1', { records: [alias('a.example', 'b.example', 9)] })
  answer('s1', { rcode: 'NXDOMAIN', records: [SOA] })
  t.same(got, [{ ...bad('ENOTFOUND'), ttl: 9 }])
})

t.test(
  'aliases end after 16, and where they lead in a circle; no other server is asked',
  async t => {
    const { query, answer, got, asked } = createHandServers(['s1', 's2'])
    query('n0.example')
    for (let i = 0; i <= 16; i++) {
      t.same(got, [])
      answer('s1', { records: [alias(`n${i}.example`, `n${i + 1}.example`)] })
    }
    t.same(got, [bad('ESERVFAIL')])
    t.notOk(asked().some(text => text.startsWith('s2')))
    query()
    answer('s1', { records: [alias('a.example', 'a.example')] })
    t.same(got[1], bad('ESERVFAIL'))
  },
)

t.test('by TCP a server has its whole time again', async t => {
  const { clock, query, answer, got, asked, open } = createHandServers(['s1', 's2'])
  query()
  clock.advance(1900)
  answer('s1', { truncated: true })
  clock.advance(1999)
  t.same(asked(), ['s1 a.example', 's1 a.example'])
  answer('s1')
  t.same(got, [GOOD])
  t.equal(clock.pending(), 0)
  t.same(open(), ['s1'], 'the connection is idle')
})

t.test('where TCP is refused or silent, the next server is asked', async t => {
  for (const end of ['refused', 'silent']) {
    const { clock, query, answer, fail, got, asked } = createHandServers(['s1', 's2'])
    query()
    answer('s1', { truncated: true })
    if (end === 'refused') fail('s1', 'ECONNREFUSED')
    else clock.advance(2000)
    t.match(asked(), ['s1 a.example', 's2 a.example', 's1 a.example'], end)
    answer('s2')
    t.same(got, [GOOD])
  }
})

t.test('sockets of silent servers are taken by queries that need them', async t => {
  const { clock, query, answer, got, sockets, open } = createHandServers(['s1', 's2', 's3'], {
    max: 2,
  })
  query('a.example')
  query('b.example')
  clock.advance(2000)
  t.equal(sockets.open(), 2)
  t.same(open(), ['s2', 's2'], 'both have gone on, and nobody listens to the first any more')
  answer('s2')
  clock.advance(2000)
  t.same(open(), ['s2', 's3'], 'while there is room a late answer counts')
  answer('s2')
  t.equal(got.length, 2)
  t.equal(sockets.open(), 0)
})

t.test('what nobody wants is not asked again', async t => {
  const { clock, query, got, asked, lose, open } = createHandServers(['s1', 's2'])
  query()
  lose()
  clock.advance(1999)
  t.same(got, [])
  clock.advance(1)
  t.same(got, [bad('ECANCELLED')])
  t.same(asked(), ['s1 a.example'])
  t.same(open(), [])
  t.equal(clock.pending(), 0)
})
