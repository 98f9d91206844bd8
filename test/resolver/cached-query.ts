import t from 'tap'
import { CACHE_DEFAULTS, createCache } from '../../src/resolver/cache.ts'
import type { CacheOptions } from '../../src/resolver/cache.ts'
import { createCachedQuery } from '../../src/resolver/cached-query.ts'
import { createQueryLoad } from '../../src/resolver/query-load.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createScriptedSource } from '../fixtures/scripted-query.ts'

const good = (address: string): Answer => ({
  ok: true,
  addresses: [address],
  ttl: 60,
  source: 'dns',
})

const setUp = (options: Partial<CacheOptions> = {}) => {
  const clock = createHandClock()
  const scripted = createScriptedSource()
  const cached = createCachedQuery(
    scripted.source,
    createCache({ ...CACHE_DEFAULTS, ...options }, clock),
    createQueryLoad(),
  )
  const got: Answer[] = []
  const updates: Answer[] = []
  const query = () =>
    cached.query(
      'a.example',
      'A',
      answer => got.push(answer),
      answer => updates.push(answer),
    )
  return { clock, cached, got, updates, query, asked: scripted.asked, answer: scripted.answer }
}

t.test('asked once, then served from memory before the call returns', async t => {
  const { got, query, asked, answer } = setUp()
  for (let i = 0; i < 50; i++) query()
  t.equal(asked().length, 1)
  answer('A a.example', good('192.0.2.1'))
  t.equal(got.length, 50)
  t.match(got[49], { source: 'dns' })
  query()
  t.match(got[50], { source: 'cache' })
  t.equal(asked().length, 1)
})

t.test('a stale answer is served to all, and there is one refresh', async t => {
  const { clock, got, query, asked, answer } = setUp()
  query()
  answer('A a.example', good('192.0.2.1'))
  clock.advance(61_000)
  for (let i = 0; i < 20; i++) query()
  t.equal(got.length, 21)
  t.match(got[20], { source: 'stale', addresses: ['192.0.2.1'], ttl: 0 })
  t.equal(asked().length, 2)
  answer('A a.example', good('192.0.2.2'))
  query()
  t.match(got[21], { source: 'cache', addresses: ['192.0.2.2'], ttl: 60 })
})

t.test('when the refresh fails, the expired answer serves on', async t => {
  const { clock, got, query, asked, answer } = setUp()
  query()
  answer('A a.example', good('192.0.2.1'))
  clock.advance(600_000)
  query()
  t.equal(got.length, 1, 'too old to be served before the query')
  answer('A a.example', { ok: false, code: 'ETIMEDOUT', source: 'dns' })
  t.match(got[1], { ok: true, source: 'stale' })
  query()
  t.match(got[2], { source: 'stale' })
  t.equal(asked().length, 2, 'not asked again so soon')
  clock.advance(2000)
  query()
  t.match(got[3], { source: 'stale' })
  t.equal(asked().length, 3)
  answer('A a.example', { ok: false, code: 'ENOTFOUND', source: 'dns' })
  query()
  t.match(got[4], { code: 'ENOTFOUND', source: 'cache' })
})

t.test('close cancels those who wait, and the cache keeps nothing of it', async t => {
  const { cached, got, query } = setUp()
  query()
  cached.close()
  t.match(got, [{ code: 'ECANCELLED' }])
  t.equal(cached.pending(), 0)
})

t.test('who was served a stale answer gets one update when its refresh has ended', async t => {
  const failed = { ok: false, code: 'ETIMEDOUT', source: 'dns' } as const
  for (const [other, update] of [
    [good('192.0.2.2'), good('192.0.2.2')],
    [
      { ok: false, code: 'ENOTFOUND', source: 'dns' },
      { ok: false, code: 'ENOTFOUND', source: 'dns' },
    ],
    [good('192.0.2.1'), good('192.0.2.1')],
    [failed, { ...good('192.0.2.1'), ttl: 0, source: 'stale' }],
  ] as const) {
    const { clock, updates, got, query, answer } = setUp()
    query()
    answer('A a.example', good('192.0.2.1'))
    query()
    clock.advance(61_000)
    query()
    query()
    t.equal(got.length, 4)
    t.strictSame(
      got.map(each => each.refreshing === true),
      [false, false, true, true],
    )
    t.same(updates, [])
    answer('A a.example', other)
    t.same(updates, [update, update], JSON.stringify(other))
    query()
    t.notOk(got.at(-1)?.refreshing)
    t.equal(updates.length, 2, 'who comes later has it already')
  }
})

t.test('a failure to refresh that nothing may stand for changes nothing either', async t => {
  const { clock, updates, got, query, answer } = setUp({ staleIfErrorMs: 0 })
  query()
  answer('A a.example', good('192.0.2.1'))
  clock.advance(61_000)
  query()
  answer('A a.example', { ok: false, code: 'ESERVFAIL', source: 'dns' })
  t.match(updates, [{ addresses: ['192.0.2.1'], source: 'stale' }])
  query()
  t.match(got.at(-1), { code: 'ESERVFAIL' }, 'though the next one gets the failure')
})

t.test('where it is closed, what is stale is not refreshed any more', async t => {
  const { clock, cached, updates, got, query, answer } = setUp()
  query()
  answer('A a.example', good('192.0.2.1'))
  clock.advance(61_000)
  query()
  cached.close()
  const stale = { ...good('192.0.2.1'), ttl: 0, source: 'stale' }
  t.same(updates, [stale])
  query()
  t.match(got.at(-1), stale)
  t.same(updates, [stale, stale], 'also before the call returns')
})

t.test('who comes while the answer in place of a failure is refreshed is told as well', async t => {
  const { clock, updates, got, query, answer } = setUp()
  query()
  answer('A a.example', good('192.0.2.1'))
  clock.advance(61_000)
  query()
  answer('A a.example', { ok: false, code: 'ETIMEDOUT', source: 'dns' })
  clock.advance(2000)
  query()
  clock.advance(1000)
  query()
  t.match(got.at(-1), { source: 'stale', refreshing: true })
  t.match(updates, [{ source: 'stale' }], 'of the refresh that failed')
  answer('A a.example', good('192.0.2.2'))
  t.match(updates.slice(1), [good('192.0.2.2'), good('192.0.2.2')])
})

t.test('what another network said is forgotten, and is not kept when it comes late', async t => {
  const { clock, cached, got, updates, query, asked, answer } = setUp()
  query()
  answer('A a.example', good('192.0.2.1'))
  cached.forget()
  query()
  t.equal(asked().length, 2, 'nothing is in memory')
  cached.forget()
  query()
  t.equal(asked().length, 3, 'nor is the old query joined')
  answer('A a.example', good('192.0.2.2'))
  t.match(got[1], { addresses: ['192.0.2.2'] }, 'who waited for it gets it')
  query()
  t.equal(got.length, 2, 'nobody else does')
  answer('A a.example', good('192.0.2.3'))
  t.match(got.slice(2), [{ addresses: ['192.0.2.3'] }, { addresses: ['192.0.2.3'] }])
  query()
  t.match(got.at(-1), { source: 'cache', addresses: ['192.0.2.3'] })

  clock.advance(61_000)
  query()
  cached.forget()
  answer('A a.example', { ok: false, code: 'ETIMEDOUT', source: 'dns' })
  t.match(updates, [{ source: 'stale', addresses: ['192.0.2.3'] }], 'who waits gets an update')
})
