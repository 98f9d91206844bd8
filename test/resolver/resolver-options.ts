import t from 'tap'
import { CACHE_DEFAULTS, cacheOptionsOf } from '../../src/resolver/resolver-options.ts'

t.test('absent and undefined cache options have their defaults', async t => {
  t.same(cacheOptionsOf({}), CACHE_DEFAULTS)
  t.same(cacheOptionsOf({ cache: { minTtlMs: 5, maxTtlMs: undefined } }), {
    ...CACHE_DEFAULTS,
    minTtlMs: 5,
  })
})
