import t from 'tap'
import { createAskServer } from '../../src/resolver/ask-server.ts'
import type { AskServer } from '../../src/resolver/ask-server.ts'
import { createDnsClient } from '../../src/resolver/dns.ts'
import type { Answer, LookupCode } from '../../src/resolver/types.ts'
import { createRealClock } from '../../src/net/real-clock.ts'
import { ON_THE_WAY_MAX_MS, QUESTIONS_ON_THE_WAY_MAX } from '../../src/resolver/pace.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const GOOD: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }
const bad = (code: LookupCode): Answer => ({ ok: false, code, source: 'dns' })

/** Servers that the test answers for by hand. */
const setUp = (servers: string[], attempts = 2) => {
  const clock = createHandClock()
  const open: { server: string; settle: (answer: Answer) => void }[] = []
  const asked: string[] = []
  const ask: AskServer = (server, name, record, settle) => {
    const question = { server, settle }
    asked.push(`${server} ${record} ${name}`)
    open.push(question)
    return () => {
      const index = open.indexOf(question)
      if (index >= 0) open.splice(index, 1)
    }
  }
  const client = createDnsClient({ servers: () => servers, timeoutMs: 2000, attempts, clock, ask })
  const got: Answer[] = []
  const query = (name = 'a.example') => client.query(name, 'A', each => got.push(each))
  const answer = (server: string, text: Answer) => {
    const index = open.findIndex(each => each.server === server)
    const [found] = index < 0 ? [] : open.splice(index, 1)
    if (!found) throw new Error(`${server} has no open question`)
    found.settle(text)
  }
  const serversAsked = () => asked.map(text => text.split(' ')[0])
  return { clock, client, query, answer, got, asked, serversAsked, open }
}

t.test('the first server is asked, and its answer ends the query', async t => {
  const { clock, query, answer, got, asked, open } = setUp(['s1', 's2'])
  query()
  answer('s1', GOOD)
  t.same(got, [GOOD])
  t.same(asked, ['s1 A a.example'])
  t.equal(clock.pending(), 0)
  t.equal(open.length, 0)
})

t.test('NXDOMAIN and no data are answers: the next server is not asked', async t => {
  for (const code of ['ENOTFOUND', 'ENODATA'] as const) {
    const { query, answer, got, asked } = setUp(['s1', 's2'])
    query()
    answer('s1', bad(code))
    t.same(got, [bad(code)])
    t.equal(asked.length, 1)
  }
})

t.test('each server has its timeout, and each its attempts', async t => {
  const { clock, query, got, serversAsked, open } = setUp(['s1', 's2'])
  query()
  clock.advance(1999)
  t.same(serversAsked(), ['s1'])
  clock.advance(1)
  t.same(serversAsked(), ['s1', 's2'])
  clock.advance(2000)
  t.same(serversAsked(), ['s1', 's2', 's1'])
  clock.advance(3999)
  t.same(got, [])
  clock.advance(1)
  t.same(got, [bad('ETIMEDOUT')])
  t.same(serversAsked(), ['s1', 's2', 's1', 's2'])
  t.equal(open.length, 0)
  t.equal(clock.pending(), 0)
})

t.test('an answer after its timeout still counts, and the others are cancelled', async t => {
  const { clock, query, answer, got, open } = setUp(['s1', 's2'])
  query()
  clock.advance(2500)
  answer('s1', GOOD)
  t.same(got, [GOOD])
  t.equal(open.length, 0)
  t.equal(clock.pending(), 0)
})

t.test('a late failure is no reason to ask yet another server', async t => {
  const { clock, query, answer, got, serversAsked } = setUp(['s1', 's2'])
  query()
  clock.advance(2500)
  answer('s1', bad('ESERVFAIL'))
  t.same(serversAsked(), ['s1', 's2'])
  clock.advance(1500)
  t.same(serversAsked(), ['s1', 's2', 's2'], 's1 has answered')
  clock.advance(2000)
  t.same(got, [bad('ESERVFAIL')], 'what was said is worth more than silence')
})

t.test('a server that fails is not asked twice, the next one is at once', async t => {
  const { clock, query, answer, got, serversAsked } = setUp(['s1', 's2'])
  query()
  answer('s1', bad('ESERVFAIL'))
  t.same(serversAsked(), ['s1', 's2'])
  t.equal(clock.pending(), 1, 'its timer is gone')
  answer('s2', bad('EREFUSED'))
  t.same(got, [bad('EREFUSED')])
  t.equal(serversAsked().length, 2)
})

t.test('a server that cannot be reached costs no time', async t => {
  const { clock, query, answer, got, serversAsked } = setUp(['s1', 's2'])
  query()
  answer('s1', bad('ECONNREFUSED'))
  answer('s2', GOOD)
  t.same(got, [GOOD])
  query()
  t.same(serversAsked(), ['s1', 's2', 's2'], 'and the next query goes round it')
  answer('s2', bad('ECONNREFUSED'))
  answer('s1', bad('ECONNREFUSED'))
  answer('s2', bad('ECONNREFUSED'))
  answer('s1', bad('ECONNREFUSED'))
  t.same(got[1], bad('ECONNREFUSED'))
  t.equal(clock.pending(), 0)
})

t.test('a silent server costs its first query only, and comes back by a probe', async t => {
  const { clock, query, answer, got, serversAsked } = setUp(['s1', 's2'])
  query()
  clock.advance(2000)
  answer('s2', GOOD)
  for (let i = 0; i < 10; i++) {
    query(`b${i}.example`)
    answer('s2', GOOD)
  }
  t.equal(got.length, 11)
  t.same(new Set(serversAsked().slice(1)), new Set(['s2']))

  clock.advance(5000)
  query('c.example')
  t.same(serversAsked().slice(12), ['s2', 's1'], 'one question more, beside the other')
  answer('s2', GOOD)
  t.equal(got.length, 12, 'nobody waits for the probe')
  clock.advance(2000)
  t.equal(clock.pending(), 0)

  clock.advance(5000)
  query('d.example')
  answer('s1', bad('ESERVFAIL'))
  t.equal(got.length, 12, "the answer to a probe is nobody's")
  answer('s2', GOOD)
  query('e.example')
  t.equal(serversAsked().at(-1), 's1', 'it answers again, so it is the first again')
})

t.test('no server at all', async t => {
  const { query, got } = setUp([])
  query()
  t.same(got, [bad('ECONNREFUSED')])
})

t.test('close ends queries and probes', async t => {
  const { clock, client, query, got, open, answer } = setUp(['s1', 's2'])
  query()
  clock.advance(2000)
  answer('s2', GOOD)
  clock.advance(5000)
  query('b.example')
  query('c.example')
  client.close()
  t.same(got.slice(1), [bad('ECANCELLED'), bad('ECANCELLED')])
  t.equal(open.length, 0)
  t.equal(clock.pending(), 0)
  query('d.example')
  t.same(got.at(-1), bad('ECANCELLED'))
})

t.test('with real servers, the first of them silent', async t => {
  const dead = await createDnsServer({ '*': { silent: true } })
  const alive = await createDnsServer({ '*': { addresses: ['192.0.2.1', '2001:db8::1'] } })
  t.teardown(() => Promise.all([dead.close(), alive.close()]))
  const clock = createHandClock()
  const client = createDnsClient({
    servers: () => [dead.address, alive.address],
    timeoutMs: 2000,
    attempts: 2,
    clock,
    ask: createAskServer(),
  })
  t.teardown(client.close)
  const both = (name: string) =>
    Promise.all(
      (['AAAA', 'A'] as const).map(
        record => new Promise<Answer>(resolve => client.query(name, record, resolve)),
      ),
    )
  const first = both('a.example')
  while (dead.queries.length < 2) await new Promise(resolve => setTimeout(resolve, 5))
  clock.advance(2000)
  t.match(await first, [{ addresses: ['2001:db8::1'] }, { addresses: ['192.0.2.1'] }])
  for (let i = 0; i < 10; i++) t.match(await both(`b${i}.example`), [{ ok: true }, { ok: true }])
  t.equal(dead.queries.length, 2)
  t.equal(alive.queries.length, 22)
  t.equal(clock.pending(), 0)
})

t.test('many fast answers do not shorten the time that a slow one has', async t => {
  const server = await createDnsServer({
    '*': { addresses: ['192.0.2.1'] },
    'slow.example': { addresses: ['192.0.2.2'], delayMs: 1200 },
  })
  t.teardown(server.close)
  const client = createDnsClient({
    servers: () => [server.address],
    timeoutMs: 2000,
    attempts: 2,
    clock: createHandClock(),
    ask: createAskServer(),
  })
  t.teardown(client.close)
  const ask = (name: string) => new Promise<Answer>(resolve => client.query(name, 'A', resolve))
  for (let i = 0; i < 20; i++) await ask(`fast${i}.example`)
  t.match(await ask('slow.example'), { ok: true, addresses: ['192.0.2.2'] })
  t.equal(server.count('slow.example'), 1)
})

t.test('where a server truncates and refuses TCP, the next one is asked', async t => {
  const addresses = Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`)
  const lame = await createDnsServer({ '*': { addresses } }, { hasTcp: false })
  const whole = await createDnsServer({ '*': { addresses } })
  t.teardown(() => Promise.all([lame.close(), whole.close()]))
  const client = createDnsClient({
    servers: () => [lame.address, whole.address],
    timeoutMs: 2000,
    attempts: 2,
    clock: createHandClock(),
    ask: createAskServer(),
  })
  t.teardown(client.close)
  const answer = await new Promise<Answer>(resolve => client.query('big.example', 'A', resolve))
  t.match(answer, { ok: true, addresses })
  t.same(
    [lame, whole].map(({ queries }) => queries.map(({ transport }) => transport)),
    [['udp'], ['udp', 'tcp']],
  )
})

t.test('a burst is spread, and a question that waits has its whole time later', async t => {
  const { clock, query, answer, got, asked, client } = setUp(['s1', 's2'])
  for (let i = 0; i < QUESTIONS_ON_THE_WAY_MAX + 2; i++) query(`n${i}.example`)
  t.equal(asked.length, QUESTIONS_ON_THE_WAY_MAX)
  answer('s1', GOOD)
  t.equal(asked.length, QUESTIONS_ON_THE_WAY_MAX + 1)
  clock.advance(ON_THE_WAY_MAX_MS)
  t.equal(asked.length, QUESTIONS_ON_THE_WAY_MAX + 2)
  t.notOk(asked.some(text => text.startsWith('s2')))
  clock.advance(2000 - ON_THE_WAY_MAX_MS)
  const second = asked.filter(text => text.startsWith('s2'))
  t.equal(second.length, QUESTIONS_ON_THE_WAY_MAX, 'all but the one that waited')
  clock.advance(ON_THE_WAY_MAX_MS)
  t.equal(asked.filter(text => text.startsWith('s2')).length, QUESTIONS_ON_THE_WAY_MAX + 1)
  t.equal(got.length, 1)
  client.close()
  t.equal(got.length, QUESTIONS_ON_THE_WAY_MAX + 2)
  t.equal(clock.pending(), 0)
})

t.test('a thousand names at once lose no question', async t => {
  const server = await createDnsServer({ '*': { addresses: ['192.0.2.1'] } })
  t.teardown(server.close)
  const client = createDnsClient({
    servers: () => [server.address],
    timeoutMs: 5000,
    attempts: 1,
    clock: createRealClock(),
    ask: createAskServer(),
  })
  t.teardown(client.close)
  const names = Array.from({ length: 1000 }, (_, i) => `n${i}.example`)
  const answers = await Promise.all(
    names.map(name => new Promise<Answer>(resolve => client.query(name, 'A', resolve))),
  )
  t.equal(answers.filter(({ ok }) => ok).length, 1000)
  t.equal(server.queries.length, 1000)
})

t.test('in another network a silent server is asked first again', async t => {
  const { clock, client, query, answer, serversAsked } = setUp(['s1', 's2'])
  query()
  clock.advance(2000)
  answer('s2', GOOD)
  query('b.example')
  t.equal(serversAsked().at(-1), 's2')
  answer('s2', GOOD)
  query('c.example')
  client.forget()
  query('d.example')
  t.equal(serversAsked().at(-1), 's1')
  answer('s1', GOOD)
  answer('s2', GOOD)
  t.equal(clock.pending(), 0, 'those under way went on')
})

t.test('a question that a server failed makes room at once, though its query goes on', async t => {
  const { query, answer, asked, client } = setUp(['s1', 's2'])
  for (let i = 0; i < QUESTIONS_ON_THE_WAY_MAX; i++) query(`n${i}.example`)
  query('last.example')
  t.notOk(asked.includes('s1 A last.example'))
  answer('s1', bad('ESERVFAIL'))
  t.ok(asked.includes('s1 A last.example'))
  t.ok(asked.includes('s2 A n0.example'))
  client.close()
})
