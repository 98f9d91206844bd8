import t from 'tap'
import { observeQueries } from '../../src/resolver/observe-queries.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { setUp } from '../fixtures/resolver.ts'
import { createScriptedSource } from '../fixtures/scripted-query.ts'

t.test('a query is reported at its end, before its answer, or when it is cancelled', async t => {
  const clock = createHandClock()
  const { source, answer, control, open } = createScriptedSource()
  const seen: unknown[] = []
  const query = observeQueries(source, clock, { onQuery: (...all) => void seen.push(all) })
  const ask = (name: string) =>
    query(name, 'A', given => seen.push(given.ok), {
      isWanted: () => true,
      keepSlot: () => () => {},
    })
  ask('a.example')
  clock.advance(7)
  answer('A a.example', { ok: true, addresses: ['192.0.2.1'], ttl: 1, source: 'dns' })
  ask('b.example')
  clock.advance(3)
  answer('A b.example', { ok: false, code: 'ENOTFOUND', source: 'dns' })
  t.equal(control('A b.example').isWanted(), true, 'the source can ask about the waiters')
  const cancel = ask('c.example')
  clock.advance(2)
  cancel()
  t.same(open(), [])
  t.same(seen, [['A', null, 7], true, ['A', 'ENOTFOUND', 3], false, ['A', 'ECANCELLED', 2]])
})

t.test('a resolver reports its queries, and uses of its cache', async t => {
  const seen: string[] = []
  const observer = {
    onQuery: (record: string, code: string | null) => void seen.push(`${record} ${code}`),
    onCache: (result: string) => void seen.push(result),
  }
  const { lookup, clock } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.1'], ttl: 60 } },
    deps: { observer },
  })
  await lookup('192.0.2.7', 'A')
  await lookup('localhost', 'A')
  t.same(seen, [], 'what needs no DNS is not counted')
  await lookup('a.example', 'A')
  await lookup('a.example', 'A')
  t.same(seen, ['miss', 'A null', 'hit'])
  clock.advance(61_000)
  await lookup('a.example', 'A')
  t.equal(seen[3], 'stale')
})
