import fc from 'fast-check'
import t from 'tap'
import { createCache, createCachedQuery } from '../../src/resolver/cache.ts'
import { createQueryLoad } from '../../src/resolver/query-load.ts'
import type { CacheOptions } from '../../src/resolver/resolver-options.ts'
import { CACHE_DEFAULTS } from '../../src/resolver/resolver-options.ts'
import type { Answer, AnswerSource, LookupCode } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createScriptedSource } from '../fixtures/scripted-query.ts'

const good = (ttl: number | null, address = '192.0.2.1', source: AnswerSource = 'dns'): Answer => ({
  ok: true,
  addresses: [address],
  ttl,
  source,
})
const bad = (code: LookupCode, source: AnswerSource = 'dns'): Answer => ({
  ok: false,
  code,
  source,
})

/** A name or record that does not exist, with what its SOA says. */
const missing = (code: LookupCode, ttl: number): Answer => ({ ok: false, code, source: 'dns', ttl })

const setUp = (options: Partial<CacheOptions> = {}) => {
  const clock = createHandClock(5000)
  const cache = createCache({ ...CACHE_DEFAULTS, ...options }, clock)
  return {
    clock,
    cache,
    read: (name = 'a.example') => cache.read(name, 'A'),
    write: (answer: Answer, name = 'a.example') => cache.write(name, 'A', answer),
  }
}
const NO_STALE = { staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }

t.test(
  'an answer is kept for its TTL, and served with the rest of it in whole seconds',
  async t => {
    const { clock, read, write } = setUp(NO_STALE)
    t.equal(read(), undefined)
    t.same(write(good(60)), good(60))
    t.same(read(), { answer: good(60, '192.0.2.1', 'cache'), refresh: false })
    clock.advance(1)
    t.match(read(), { answer: { ttl: 59 } })
    clock.advance(59_998)
    t.match(read(), { answer: { ttl: 0, source: 'cache' }, refresh: false })
    clock.advance(1)
    t.equal(read(), undefined)
  },
)

t.test('names and types are kept apart', async t => {
  const { cache, write } = setUp()
  write(good(60))
  t.equal(cache.read('a.example', 'AAAA'), undefined)
  t.equal(cache.read('b.example', 'A'), undefined)
})

t.test('the TTL is clamped', async t => {
  const { clock, read, write } = setUp({ ...NO_STALE, minTtlMs: 10_000, maxTtlMs: 20_000 })
  t.match(write(good(1)), { ttl: 10, source: 'dns' })
  clock.advance(9999)
  t.ok(read())
  clock.advance(1)
  t.notOk(read())
  t.match(write(good(4_000_000_000)), { ttl: 20 })
  clock.advance(19_999)
  t.ok(read())
  clock.advance(1)
  t.notOk(read())
})

t.test('an answer with TTL 0 is not kept, and takes the place of one that was', async t => {
  const { cache, read, write } = setUp()
  write(good(60))
  t.same(write(good(0)), good(0))
  t.equal(read(), undefined)
  t.equal(cache.size(), 0)
})

t.test('the system knows no TTL: its answers are kept only where there is a least TTL', async t => {
  const { read, write } = setUp()
  t.same(write(good(null, '192.0.2.1', 'system')), good(null, '192.0.2.1', 'system'))
  t.equal(read(), undefined)
  write(bad('ENOTFOUND', 'system'))
  t.equal(read(), undefined)
  write(bad('ESERVFAIL', 'system'))
  t.match(read(), { answer: { code: 'ESERVFAIL' } }, 'a failure is, for it may have taken seconds')

  const kept = setUp({ ...NO_STALE, minTtlMs: 5000, negativeTtlMs: 7000 })
  t.match(kept.write(good(null, '192.0.2.1', 'system')), { ttl: null })
  t.match(kept.read(), { answer: { ok: true, ttl: 5, source: 'cache' } })
  kept.clock.advance(5000)
  t.equal(kept.read(), undefined)
  kept.write(bad('ENOTFOUND', 'system'))
  kept.clock.advance(6999)
  t.match(kept.read(), { answer: { code: 'ENOTFOUND', source: 'cache' } })
})

t.test('negative answers and failures have times of their own', async t => {
  for (const [code, ms] of [
    // RFC 2308 section 5: nothing says how long these may be kept.
    ['ENOTFOUND', 2000],
    ['ENODATA', 2000],
    ['ESERVFAIL', 2000],
    ['ETIMEDOUT', 2000],
    ['EREFUSED', 2000],
    ['ECONNREFUSED', 2000],
    ['EBADRESP', 2000],
  ] as const) {
    const { clock, read, write } = setUp()
    t.same(write(bad(code)), bad(code))
    clock.advance(ms - 1)
    t.same(read(), { answer: bad(code, 'cache'), refresh: false }, code)
    clock.advance(1)
    t.equal(read(), undefined, code)
  }
  for (const code of ['EMFILE', 'ECHILD', 'ECANCELLED'] as const) {
    const { read, write } = setUp()
    t.same(write(bad(code)), bad(code))
    t.equal(read(), undefined, `${code} says nothing of the name`)
  }
  const off = setUp({ negativeTtlMs: 0, failureTtlMs: 0 })
  off.write(bad('ENOTFOUND'))
  t.equal(off.read(), undefined)
  off.write(bad('ESERVFAIL'))
  t.equal(off.read(), undefined)
})

t.test(
  'staleWhileRevalidate: served at once, with a wish for a refresh, within its bound',
  async t => {
    const { clock, read, write } = setUp()
    write(good(60))
    clock.advance(60_000)
    t.same(read(), { answer: good(0, '192.0.2.1', 'stale'), refresh: true })
    clock.advance(29_999)
    t.match(read(), { answer: { source: 'stale' }, refresh: true })
    clock.advance(1)
    t.equal(read(), undefined)
  },
)

t.test('staleWhileRevalidate is not for negative answers', async t => {
  const { clock, read, write } = setUp()
  write(missing('ENOTFOUND', 60))
  clock.advance(5000)
  t.equal(read(), undefined)
})

t.test('what does not exist is kept as its SOA says, and no longer than configured', async t => {
  for (const code of ['ENOTFOUND', 'ENODATA'] as const) {
    for (const [ttl, ms] of [
      [1, 1000],
      [5, 5000],
      [3600, 5000],
    ] as const) {
      const { clock, read, write } = setUp()
      t.same(write(missing(code, ttl)), missing(code, ttl))
      clock.advance(ms - 1)
      t.same(read(), { answer: bad(code, 'cache'), refresh: false }, `${code} ${ttl}`)
      clock.advance(1)
      t.equal(read(), undefined, `${code} ${ttl}`)
    }
    const { read, write } = setUp()
    write(missing(code, 0))
    t.equal(read(), undefined, `${code} 0`)
  }
})

t.test('staleIfError: a failure is answered by the expired answer, within its bound', async t => {
  const { clock, read, write } = setUp()
  write(good(60))
  clock.advance(60_000 + 3_599_999)
  t.equal(read(), undefined, 'a query is needed first')
  t.same(write(bad('ETIMEDOUT')), good(0, '192.0.2.1', 'stale'))

  const late = setUp()
  late.write(good(60))
  late.clock.advance(60_000 + 3_600_000)
  t.same(late.write(bad('ETIMEDOUT')), bad('ETIMEDOUT'))
  t.match(late.read(), { answer: { code: 'ETIMEDOUT' } })
})

t.test(
  'staleIfError: after a failure nobody waits, and the refresh is tried now and then',
  async t => {
    const { clock, read, write } = setUp()
    write(good(60))
    clock.advance(200_000)
    write(bad('ESERVFAIL'))
    t.same(read(), { answer: good(0, '192.0.2.1', 'stale'), refresh: false })
    clock.advance(1999)
    t.match(read(), { refresh: false })
    clock.advance(1)
    t.match(read(), { answer: { source: 'stale' }, refresh: true })
    write(bad('ESERVFAIL'))
    t.match(read(), { refresh: false })
    clock.advance(60_000 + 3_600_000)
    t.equal(read(), undefined)

    write(good(60, '192.0.2.2'))
    t.match(read(), { answer: { addresses: ['192.0.2.2'], source: 'cache' }, refresh: false })
  },
)

t.test('NXDOMAIN and no data are no failures: they take the place of what was there', async t => {
  for (const code of ['ENOTFOUND', 'ENODATA'] as const) {
    const { clock, read, write } = setUp()
    write(good(60))
    clock.advance(60_000)
    t.same(write(bad(code)), bad(code))
    t.match(read(), { answer: { code, source: 'cache' } })
  }
})

t.test(
  'staleIfError holds for negative answers, so that search domains outlast a dead server',
  async t => {
    const { clock, read, write } = setUp()
    write(bad('ENOTFOUND'))
    clock.advance(60_000)
    t.same(write(bad('ETIMEDOUT')), bad('ENOTFOUND', 'stale'))
    t.same(read(), { answer: bad('ENOTFOUND', 'stale'), refresh: false })
  },
)

t.test('a failure that follows a failure is served as it is', async t => {
  const { clock, write } = setUp()
  write(bad('ETIMEDOUT'))
  clock.advance(2000)
  t.same(write(bad('ESERVFAIL')), bad('ESERVFAIL'))
})

t.test('a query that was cancelled changes nothing', async t => {
  const { clock, read, write } = setUp()
  write(good(60))
  clock.advance(60_000)
  t.same(write(bad('ECANCELLED')), bad('ECANCELLED'))
  t.match(read(), { answer: { source: 'stale' }, refresh: true })
})

t.test('the size is bounded, and the least recently used goes', async t => {
  const { cache, read, write } = setUp({ maxEntries: 3 })
  for (const name of ['a', 'b', 'c']) write(good(60), name)
  read('a')
  write(good(60), 'd')
  t.equal(cache.size(), 3)
  t.same(
    ['a', 'b', 'c', 'd'].map(name => read(name) !== undefined),
    [true, false, true, true],
  )
  const none = setUp({ maxEntries: 0 })
  none.write(good(60))
  t.equal(none.read(), undefined)
  t.equal(none.cache.size(), 0)
})

t.test('property: what is served was written, within its bounds in time and size', async t => {
  const options: CacheOptions = {
    maxEntries: 4,
    minTtlMs: 1000,
    maxTtlMs: 8000,
    negativeTtlMs: 3000,
    failureTtlMs: 500,
    staleWhileRevalidateMs: 2000,
    staleIfErrorMs: 6000,
  }
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const answer = fc.oneof(
    fc.record({ ok: fc.constant(true as const), ttl: fc.integer({ min: 0, max: 12 }) }),
    fc.record({
      ok: fc.constant(false as const),
      code: fc.constantFrom<LookupCode>('ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ETIMEDOUT'),
      ttl: fc.option(fc.integer({ min: 1, max: 6 })),
    }),
  )
  const step = fc.oneof(
    fc.record({ type: fc.constant('write' as const), name, answer }),
    fc.record({ type: fc.constant('read' as const), name }),
    fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const clock = createHandClock()
      const cache = createCache(options, clock)
      /** The newest answer (not failure) of each name, by a serial number in its address. */
      const newest = new Map<string, { answer: Answer; at: number; ttlMs: number }>()
      const failedSince = new Map<string, boolean>()
      let serial = 0
      for (const each of steps) {
        if (each.type === 'wait') {
          clock.advance(each.ms)
        } else if (each.type === 'write') {
          const written: Answer = each.answer.ok
            ? good(each.answer.ttl, `192.0.2.${serial++ % 256}`)
            : each.answer.ttl === null
              ? bad(each.answer.code)
              : missing(each.answer.code, each.answer.ttl)
          const isFailure = !written.ok && /SERVFAIL|TIMED/.test(written.code)
          const old = newest.get(each.name)
          const result = cache.write(each.name, 'A', written)
          if (isFailure) {
            failedSince.set(each.name, true)
            if (result.source === 'stale') {
              if (!old || clock.now() - old.at - old.ttlMs >= options.staleIfErrorMs) return false
            } else if (result !== written) return false
          } else {
            const ttlMs = written.ok
              ? Math.min(Math.max((written.ttl ?? 0) * 1000, options.minTtlMs), options.maxTtlMs)
              : Math.min((written.ttl ?? options.failureTtlMs / 1000) * 1000, options.negativeTtlMs)
            newest.set(each.name, { answer: written, at: clock.now(), ttlMs })
            failedSince.delete(each.name)
          }
        } else {
          const hit = cache.read(each.name, 'A')
          if (!hit) continue
          const { answer: found, refresh } = hit
          if (!found.ok && /SERVFAIL|TIMED/.test(found.code)) {
            if (!failedSince.has(each.name) || refresh) return false
            continue
          }
          const known = newest.get(each.name)
          if (!known || known.answer.ok !== found.ok) return false
          if (found.ok && known.answer.ok && found.addresses[0] !== known.answer.addresses[0]) {
            return false
          }
          const left = known.at + known.ttlMs - clock.now()
          if (found.source === 'cache') {
            if (left <= 0 || refresh) return false
            if (found.ok && found.ttl !== Math.floor(left / 1000)) return false
          } else {
            const bound = failedSince.has(each.name)
              ? options.staleIfErrorMs
              : found.ok
                ? options.staleWhileRevalidateMs
                : 0
            if (left > 0 || -left >= bound) return false
            if (found.ok && found.ttl !== 0) return false
          }
        }
        if (cache.size() > options.maxEntries) return false
      }
      return clock.pending() === 0
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('cleared, it has nothing', async t => {
  const clock = createHandClock()
  for (const maxEntries of [0, 10]) {
    const cache = createCache({ ...CACHE_DEFAULTS, maxEntries }, clock)
    cache.write('a.example', 'A', { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' })
    cache.clear()
    t.equal(cache.read('a.example', 'A'), undefined)
    t.equal(cache.size(), 0)
  }
})

const goodAt = (address: string): Answer => ({
  ok: true,
  addresses: [address],
  ttl: 60,
  source: 'dns',
})

const setUpCached = (options: Partial<CacheOptions> = {}) => {
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
  const { got, query, asked, answer } = setUpCached()
  for (let i = 0; i < 50; i++) query()
  t.equal(asked().length, 1)
  answer('A a.example', goodAt('192.0.2.1'))
  t.equal(got.length, 50)
  t.match(got[49], { source: 'dns' })
  query()
  t.match(got[50], { source: 'cache' })
  t.equal(asked().length, 1)
})

t.test('a stale answer is served to all, and there is one refresh', async t => {
  const { clock, got, query, asked, answer } = setUpCached()
  query()
  answer('A a.example', goodAt('192.0.2.1'))
  clock.advance(61_000)
  for (let i = 0; i < 20; i++) query()
  t.equal(got.length, 21)
  t.match(got[20], { source: 'stale', addresses: ['192.0.2.1'], ttl: 0 })
  t.equal(asked().length, 2)
  answer('A a.example', goodAt('192.0.2.2'))
  query()
  t.match(got[21], { source: 'cache', addresses: ['192.0.2.2'], ttl: 60 })
})

t.test('when the refresh fails, the expired answer serves on', async t => {
  const { clock, got, query, asked, answer } = setUpCached()
  query()
  answer('A a.example', goodAt('192.0.2.1'))
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
  const { cached, got, query } = setUpCached()
  query()
  cached.close()
  t.match(got, [{ code: 'ECANCELLED' }])
  t.equal(cached.pending(), 0)
})

t.test('who was served a stale answer gets one update when its refresh has ended', async t => {
  const failed = { ok: false, code: 'ETIMEDOUT', source: 'dns' } as const
  for (const [other, update] of [
    [goodAt('192.0.2.2'), goodAt('192.0.2.2')],
    [
      { ok: false, code: 'ENOTFOUND', source: 'dns' },
      { ok: false, code: 'ENOTFOUND', source: 'dns' },
    ],
    [goodAt('192.0.2.1'), goodAt('192.0.2.1')],
    [failed, { ...goodAt('192.0.2.1'), ttl: 0, source: 'stale' }],
  ] as const) {
    const { clock, updates, got, query, answer } = setUpCached()
    query()
    answer('A a.example', goodAt('192.0.2.1'))
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
  const { clock, updates, got, query, answer } = setUpCached({ staleIfErrorMs: 0 })
  query()
  answer('A a.example', goodAt('192.0.2.1'))
  clock.advance(61_000)
  query()
  answer('A a.example', { ok: false, code: 'ESERVFAIL', source: 'dns' })
  t.match(updates, [{ addresses: ['192.0.2.1'], source: 'stale' }])
  query()
  t.match(got.at(-1), { code: 'ESERVFAIL' }, 'though the next one gets the failure')
})

t.test('where it is closed, what is stale is not refreshed any more', async t => {
  const { clock, cached, updates, got, query, answer } = setUpCached()
  query()
  answer('A a.example', goodAt('192.0.2.1'))
  clock.advance(61_000)
  query()
  cached.close()
  const stale = { ...goodAt('192.0.2.1'), ttl: 0, source: 'stale' }
  t.same(updates, [stale])
  query()
  t.match(got.at(-1), stale)
  t.same(updates, [stale, stale], 'also before the call returns')
})

t.test(
  'who comes while the answer in place of a failure is refreshed gets the update as well',
  async t => {
    const { clock, updates, got, query, answer } = setUpCached()
    query()
    answer('A a.example', goodAt('192.0.2.1'))
    clock.advance(61_000)
    query()
    answer('A a.example', { ok: false, code: 'ETIMEDOUT', source: 'dns' })
    clock.advance(2000)
    query()
    clock.advance(1000)
    query()
    t.match(got.at(-1), { source: 'stale', refreshing: true })
    t.match(updates, [{ source: 'stale' }], 'of the refresh that failed')
    answer('A a.example', goodAt('192.0.2.2'))
    t.match(updates.slice(1), [goodAt('192.0.2.2'), goodAt('192.0.2.2')])
  },
)

t.test('what another network said is forgotten, and is not kept when it comes late', async t => {
  const { clock, cached, got, updates, query, asked, answer } = setUpCached()
  query()
  answer('A a.example', goodAt('192.0.2.1'))
  cached.forget()
  query()
  t.equal(asked().length, 2, 'nothing is in memory')
  cached.forget()
  query()
  t.equal(asked().length, 3, 'nor is the old query joined')
  answer('A a.example', goodAt('192.0.2.2'))
  t.match(got[1], { addresses: ['192.0.2.2'] }, 'who waited for it gets it')
  query()
  t.equal(got.length, 2, 'nobody else does')
  answer('A a.example', goodAt('192.0.2.3'))
  t.match(got.slice(2), [{ addresses: ['192.0.2.3'] }, { addresses: ['192.0.2.3'] }])
  query()
  t.match(got.at(-1), { source: 'cache', addresses: ['192.0.2.3'] })

  clock.advance(61_000)
  query()
  cached.forget()
  answer('A a.example', { ok: false, code: 'ETIMEDOUT', source: 'dns' })
  t.match(updates, [{ source: 'stale', addresses: ['192.0.2.3'] }], 'who waits gets an update')
})
