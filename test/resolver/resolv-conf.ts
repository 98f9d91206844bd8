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
  t.match(parseResolvConf(text), {
    servers: [{ text: '192.0.2.10' }],
    search: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    ndots: 5,
  })
})

t.test('nothing: no servers and domains, one dot, no options', async t => {
  t.same(parseResolvConf(''), {
    servers: [],
    search: [],
    ndots: 1,
    timeoutMs: null,
    attempts: null,
    rotate: false,
    useTcp: false,
    singleRequest: false,
    noAaaa: false,
  })
})

t.test('servers, as many as there are, with their zones', async t => {
  const text = [
    'nameserver 192.0.2.1',
    'nameserver\t2001:DB8::53  # trailing',
    'nameserver fe80::53%eth0',
    'nameserver 192.0.2.1',
    ' nameserver 192.0.2.9',
    '#nameserver 192.0.2.9',
    ';nameserver 192.0.2.9',
    'nameserver dns.example',
    'nameserver',
    'nameserver 192.0.2.9:53',
    'nameserver 192.0.2.4\r',
  ].join('\n')
  t.same(
    parseResolvConf(text).servers.map(server => server.text),
    ['192.0.2.1', '2001:db8::53', 'fe80::53%eth0', '192.0.2.4'],
  )
})

t.test('options', async t => {
  const text =
    'options timeout:3 attempts:4 rotate use-vc\noptions edns0 single-request no-aaaa trust-ad'
  t.match(parseResolvConf(text), {
    timeoutMs: 3000,
    attempts: 4,
    rotate: true,
    useTcp: true,
    singleRequest: true,
    noAaaa: true,
  })
  t.match(parseResolvConf('options timeout:99 attempts:99'), { timeoutMs: 30_000, attempts: 5 })
  t.match(parseResolvConf('options timeout:0 attempts:0'), { timeoutMs: 1000, attempts: 1 })
  t.match(parseResolvConf('options rotate:1 use-vcx Timeout:3 timeout: attempts'), {
    rotate: false,
    useTcp: false,
    timeoutMs: null,
    attempts: null,
  })
})

t.test('LOCALDOMAIN and RES_OPTIONS override the file', async t => {
  const text = 'search a.example b.example\noptions ndots:2 timeout:3 rotate'
  t.match(parseResolvConf(text, { LOCALDOMAIN: 'c.example\td.example ' }), {
    search: ['c.example', 'd.example'],
    ndots: 2,
  })
  t.same(parseResolvConf(text, { LOCALDOMAIN: '' }).search, [])
  t.match(parseResolvConf(text, { RES_OPTIONS: 'ndots:4 attempts:1 use-vc' }), {
    search: ['a.example', 'b.example'],
    ndots: 4,
    timeoutMs: 3000,
    attempts: 1,
    rotate: true,
    useTcp: true,
  })
  t.same(
    parseResolvConf(text, { LOCALDOMAIN: undefined, RES_OPTIONS: undefined }),
    parseResolvConf(text),
  )
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
      const { search, ndots } = parseResolvConf(
        `search ${text}\noptions ${text}\nnameserver ${text}\n${text}`,
        { LOCALDOMAIN: text, RES_OPTIONS: text },
      )
      return search.length <= 32 && ndots >= 0 && ndots <= 15
    }),
    { numRuns: 1000 },
  )
})
