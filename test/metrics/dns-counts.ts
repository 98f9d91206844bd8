import t from 'tap'
import { createDnsCounts } from '../../src/metrics/dns-counts.ts'
import { valueOf } from '../../src/metrics/snapshot.ts'

t.test('queries by type and outcome, with their durations', async t => {
  const dns = createDnsCounts()
  dns.onQuery('AAAA', null, 4)
  dns.onQuery('AAAA', 'ENOTFOUND', 40)
  dns.onQuery('A', 'ECANCELLED', 7)
  dns.onQuery('A', 'ENODEV', 1)
  dns.onQuery('A', '__proto__', 1)
  const read = dns.read()
  const shown = [...(read.eyeballd_dns_queries_total ?? [])].filter(([, count]) => count > 0)
  t.same(shown, [
    ['A\0unreachable', 1],
    ['A\0cancelled', 1],
    ['A\0other', 1],
    ['AAAA\0answered', 1],
    ['AAAA\0nxdomain', 1],
  ])
  const upTo = (type: string, bound: string) =>
    valueOf(read, 'eyeballd_dns_duration_seconds', type, bound)
  t.same([upTo('AAAA', '0.005'), upTo('AAAA', '+Inf'), upTo('AAAA', 'sum')], [1, 2, 0.044])
  t.equal(upTo('A', '+Inf'), 2, 'a cancelled query has no duration')
})

t.test('what the cache had', async t => {
  const dns = createDnsCounts()
  for (const result of ['hit', 'hit', 'stale', 'miss'] as const) dns.onCache(result)
  t.same(
    [...(dns.read().eyeballd_dns_cache_total ?? [])],
    Object.entries({ hit: 2, stale: 1, miss: 1 }),
  )
})
