import fc from 'fast-check'
import t from 'tap'
import { clampNdots, normalizeSearch, parseResolvConf } from '../../src/resolver/resolv-conf.ts'

t.test('what Kubernetes writes', async t => {
  const text = [
    'search default.svc.cluster.local svc.cluster.local cluster.local',
    'nameserver 192.0.2.10',
    'options ndots:5',
    '',
  ].join('\n')
  t.same(parseResolvConf(text), {
    search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    ndots: 5,
  })
})

t.test('nothing: no domains, one dot', async t => {
  t.same(parseResolvConf(''), { search: [], ndots: 1 })
})

t.test('the last of search and domain counts', async t => {
  t.same(parseResolvConf('search a b\ndomain Example.ORG extra').search, ['example.org'])
  t.same(parseResolvConf('domain a\nsearch b  c.\t d\r\n').search, ['b', 'c', 'd'])
  t.same(parseResolvConf('search a b\nsearch').search, [], 'an empty search clears the list')
})

t.test('the root as a domain adds nothing', async t => {
  t.same(parseResolvConf('search . a').search, ['', 'a'])
})

t.test('ndots has bounds', async t => {
  const ndots = (value: string) => parseResolvConf(`options timeout:1 ndots:${value} rotate`).ndots
  t.equal(ndots('0'), 0)
  t.equal(ndots('15'), 15)
  t.equal(ndots('99999'), 15)
  t.equal(ndots('-1'), 1)
  t.equal(ndots('x'), 1)
  t.equal(ndots(''), 1)
  t.equal(ndots('1e3'), 1)
  t.equal(parseResolvConf('options ndots:2\noptions ndots:3').ndots, 3)
  t.equal(clampNdots(-3), 0)
  t.equal(clampNdots(2.7), 2)
})

t.test('hostile text', async t => {
  t.same(parseResolvConf(' search a\n#search b\n;search c\nSEARCH d\nsearch\0e').search, [])
  t.same(parseResolvConf('search 127.1 a..b x/y münchen 192.0.2.1 ok OK').search, ['ok'])
  const many = Array.from({ length: 1000 }, (_, i) => `d${i}`).join(' ')
  t.equal(parseResolvConf(`search ${many}`).search.length, 32)
  t.ok(parseResolvConf(`search ${'a '.repeat(1_000_000)}`))
  t.same(normalizeSearch(['A.example', 'a.example.', '']), ['a.example'])
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const { search, ndots } = parseResolvConf(`search ${text}\noptions ${text}\n${text}`)
      return search.length <= 32 && ndots >= 0 && ndots <= 15
    }),
    { numRuns: 1000 },
  )
})
