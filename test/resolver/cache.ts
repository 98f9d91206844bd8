import fc from 'fast-check'
import t from 'tap'
import { CACHE_DEFAULTS, createCache } from '../../src/resolver/cache.ts'
import type { CacheOptions } from '../../src/resolver/cache.ts'
import type { AnswerSource, Answer, LookupCode } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

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

t.test('an answer is kept for its TTL, and the rest of it is told in whole seconds', async t => {
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
})

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

t.test('a failure that follows a failure is told as it is', async t => {
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
