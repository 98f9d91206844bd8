import fc from 'fast-check'
import t from 'tap'
import type { Destination, Sortable } from '../../../src/eyeballs/order/read-destinations.ts'
import { readDestinations } from '../../../src/eyeballs/order/read-destinations.ts'
import type { PolicyTableName } from '../../../src/eyeballs/order/policy-tables.ts'
import { selectSource } from '../../../src/eyeballs/order/select-source.ts'
import {
  RULES,
  compareDestinations,
  decidingRule,
  explainOrder,
  sortDestinations,
  standsFirst,
} from '../../../src/eyeballs/order/sort-destinations.ts'

/** Destinations with the sources that RFC 6724 section 5 selects among those given. */
const withSources = (
  destinations: readonly string[],
  sources: readonly string[],
  deprecated: readonly string[] = [],
): Sortable[] =>
  destinations.map(address => {
    const given = sources.map(each => ({ address: each, deprecated: deprecated.includes(each) }))
    const source = selectSource(address, given, 'rfc6724')
    return {
      address,
      source: source?.address ?? null,
      sourceDeprecated: source?.deprecated ?? false,
    }
  })

const sorted = (
  candidates: readonly Sortable[],
  table: PolicyTableName = 'rfc6724',
): readonly string[] => sortDestinations(candidates, table).map(({ address }) => address)

type Vector = {
  readonly name: string
  readonly sources: readonly string[]
  readonly deprecated?: readonly string[]
  readonly order: readonly string[]
}

const VECTORS: readonly Vector[] = [
  {
    name: 'a, rule 2: matching scope',
    sources: ['2001:db8:1::2', 'fe80::1', '169.254.13.78'],
    order: ['2001:db8:1::1', '198.51.100.121'],
  },
  {
    name: 'b, rule 2: matching scope',
    sources: ['fe80::1', '198.51.100.117'],
    order: ['198.51.100.121', '2001:db8:1::1'],
  },
  {
    name: 'c, rule 6: higher precedence',
    sources: ['2001:db8:1::2', 'fe80::1', '10.1.2.4'],
    order: ['2001:db8:1::1', '10.1.2.3'],
  },
  {
    name: 'd, rule 8: smaller scope',
    sources: ['2001:db8:1::2', 'fe80::2'],
    order: ['fe80::1', '2001:db8:1::1'],
  },
  {
    name: 'e, rule 9: longest matching prefix',
    sources: ['2001:db8:1::2', '2001:db8:3f44::2', 'fe80::2'],
    order: ['2001:db8:1::1', '2001:db8:3ffe::1'],
  },
  {
    name: 'f, rule 5: matching label',
    sources: ['2002:c633:6401::2', 'fe80::2'],
    order: ['2002:c633:6401::1', '2001:db8:1::1'],
  },
  {
    name: 'g, rule 6: higher precedence',
    sources: ['2002:c633:6401::2', '2001:db8:1::2', 'fe80::2'],
    order: ['2001:db8:1::1', '2002:c633:6401::1'],
  },
  {
    name: 'and where a source is deprecated, rule 3: avoid deprecated source',
    sources: ['2001:db8:1::2', 'fe80::2'],
    deprecated: ['fe80::2'],
    order: ['2001:db8:1::1', 'fe80::1'],
  },
]

for (const { name, sources, deprecated, order } of VECTORS) {
  void t.test(`RFC 6724 section 10.2, ${name}`, async t => {
    const rule = name.slice(name.indexOf(', ') + 2)
    for (const destinations of [order, order.toReversed()]) {
      const candidates = withSources(destinations, sources, deprecated)
      t.same(sorted(candidates), order)
      t.match(explainOrder(candidates, 'rfc6724'), [
        { candidate: { address: order[0] }, rule },
        { candidate: { address: order[1] }, rule: null },
      ])
    }
  })
}

void t.test('RFC 6724 section 6, rule 9 leaves IPv4 in the order of the answer', async t => {
  const addresses = ['203.0.113.46', '198.51.100.46', '192.0.2.200', '10.9.9.9', '192.0.2.46']
  const candidates = withSources(addresses, ['10.2.3.19'])
  t.same(sorted(candidates), addresses)
  t.same(
    explainOrder(candidates, 'rfc6724').map(({ rule }) => rule),
    [...new Array<string>(4).fill('rule 10: order unchanged'), null],
  )
})

void t.test('RFC 6724 section 6, rule 1: no source, last', async t => {
  t.same(
    sorted([
      { address: '2001:db8::1', source: null },
      { address: '192.0.2.1', source: '192.0.2.9' },
    ]),
    ['192.0.2.1', '2001:db8::1'],
  )
})

void t.test('RFC 6724 section 6, rule 3: a deprecated source, later', async t => {
  const explained = explainOrder(
    [
      { address: '2001:db8:1::1', source: '2001:db8:1::2', sourceDeprecated: true },
      { address: '2001:db8:2::1', source: '2001:db8:2::2', sourceDeprecated: false },
    ],
    'rfc6724',
  )
  t.match(explained, [
    { candidate: { address: '2001:db8:2::1' }, rule: 'rule 3: avoid deprecated source' },
    { rule: null },
  ])
})

void t.test('the tables differ where they should: a unique local address against IPv4', async t => {
  // fc00::/8 is not assigned by hosts, so it never becomes known-local.
  const candidates = [
    { address: '192.0.2.1', source: '192.0.2.9' },
    { address: 'fc00:1::1', source: 'fc00:1::2' },
  ]
  t.same(sorted(candidates, 'rfc6724')[0], '192.0.2.1')
  t.same(sorted(candidates, 'updated')[0], 'fc00:1::1')
  t.same(sorted(candidates, 'linux')[0], 'fc00:1::1')
})

void t.test('the updated table: only a unique local source makes one go before IPv4', async t => {
  const candidates = [
    { address: 'fd00:9::1', source: '2001:db8::2' },
    { address: '192.0.2.1', source: '192.0.2.9' },
  ]
  t.same(sorted(candidates, 'updated')[0], '192.0.2.1')
})

void t.test(
  'the updated table: the known-local /48 first, then global IPv6, then IPv4',
  async t => {
    const candidates = [
      { address: '192.0.2.1', source: '192.0.2.9' },
      { address: '2001:db8::1', source: '2001:db8::2' },
      { address: 'fd00:1:2:3::1', source: 'fd00:1:2:4::2' },
      { address: 'fd00:7:7::1', source: 'fd00:1:2:4::2' },
    ]
    t.same(sorted(candidates, 'updated'), [
      'fd00:1:2:3::1',
      '2001:db8::1',
      '192.0.2.1',
      'fd00:7:7::1',
    ])
  },
)

void t.test(
  'the updated table: known-local by an interface that sends to none of them',
  async t => {
    const candidates = [
      { address: '2001:db8::1', source: '2001:db8::2' },
      { address: 'fd00:1:2:3::1', source: '2001:db8::2' },
    ]
    const first = (table: PolicyTableName, known: readonly string[]): string | undefined =>
      sortDestinations(candidates, table, known)[0]?.address
    t.equal(first('updated', []), '2001:db8::1')
    t.equal(first('updated', ['fd00:1:2::9']), '2001:db8::1', 'rule 5: the labels differ')
    t.equal(first('rfc6724', ['fd00:1:2::9']), '2001:db8::1')
    const bare = candidates.map(({ address }) => ({ address }))
    const rules = (known: readonly string[]) =>
      explainOrder(bare, 'updated', known).map(({ candidate, rule }) => [candidate.address, rule])
    t.strictSame(rules(['fd00:1:2::9']), [
      ['fd00:1:2:3::1', 'rule 6: higher precedence'],
      ['2001:db8::1', null],
    ])
    t.strictSame(
      rules(['fc00:1:2::9', '2001:db8::9'])[0]?.[0],
      '2001:db8::1',
      'none is assigned so',
    )
  },
)

void t.test('rules 8a and 8b stand behind what RFC 6724 says of families', async t => {
  const explained = explainOrder(
    [
      { address: '192.0.2.1', rttMs: 1 },
      { address: '2001:db8:1::1' },
      { address: '2001:db8:2::1', rttMs: 90 },
      { address: '2001:db8:3::1', rttMs: 30 },
    ],
    'updated',
  )
  t.match(explained, [
    { candidate: { address: '2001:db8:3::1' }, rule: 'rule 8a: lower round-trip time' },
    { candidate: { address: '2001:db8:2::1' }, rule: 'rule 8b: used before' },
    { candidate: { address: '2001:db8:1::1' }, rule: 'rule 6: higher precedence' },
    { candidate: { address: '192.0.2.1' }, rule: null },
  ])
})

void t.test(
  'a NAT64 address is IPv4, behind native IPv6, whatever its source is (R14)',
  async t => {
    const candidates = [
      { address: '64:ff9b::c000:201', embedded: '192.0.2.1', source: 'fd00:1::2' },
      { address: '2001:db8::1', source: '2001:db8::2' },
    ]
    t.match(explainOrder(candidates, 'updated'), [
      { candidate: { address: '2001:db8::1' }, rule: 'rule 6: higher precedence' },
      { candidate: { address: '64:ff9b::c000:201' } },
    ])
    const unusable = [{ address: '64:ff9b::c000:201', embedded: '192.0.2.1', source: null }]
    const native = [{ address: '192.0.2.2', source: '192.0.2.9' }]
    t.equal(sorted([...unusable, ...native])[0], '192.0.2.2', 'without a source it is the last')
  },
)

void t.test('without sources only rules 6, 8 and 10 apply', async t => {
  t.same(
    sorted([
      { address: '198.51.100.1' },
      { address: '2001:db8:2::1' },
      { address: '2001:db8:1::1' },
      { address: 'fe80::1' },
      { address: '192.0.2.1' },
    ]),
    ['fe80::1', '2001:db8:2::1', '2001:db8:1::1', '198.51.100.1', '192.0.2.1'],
  )
})

void t.test('IPv4-mapped addresses are sorted as the IPv4 addresses that they hold', async t => {
  t.same(
    sorted([
      { address: '::ffff:127.0.0.1', source: '127.0.0.1' },
      { address: '::1', source: '::1' },
    ]),
    ['::1', '::ffff:127.0.0.1'],
  )
})

void t.test('lists of none and of one', async t => {
  t.same(sortDestinations([], 'updated'), [])
  t.same(explainOrder([], 'updated'), [])
  t.same(explainOrder([{ address: '::1' }], 'updated'), [
    { candidate: { address: '::1' }, rule: null },
  ])
})

const ADDRESSES = [
  ['::1', '2001:db8:1::1', '2001:db8:1:2::1', '2001:db8:3ffe::1', 'fe80::1', 'fe80::1%eth0'],
  ['fd00:1::1', 'fd00:1:0:5::1', 'fd00:2::1', 'fc00::1', 'fec0::1', '2002:c633:6401::1'],
  ['2001::1', '3ffe::1', '::192.0.2.1', '::ffff:192.0.2.1', 'ff02::1', 'ff0e::1', '::'],
  ['127.0.0.1', '169.254.1.1', '10.1.2.3', '192.0.2.1', '198.51.100.1'],
].flat()
const tableNames = fc.constantFrom<PolicyTableName>('rfc6724', 'updated', 'linux')
const candidateWith = (source: fc.Arbitrary<string | null | undefined>) =>
  fc
    .record({
      address: fc.constantFrom(...ADDRESSES),
      source,
      sourceDeprecated: fc.boolean(),
      sourcePrefixLength: fc.constantFrom(32, 64, 128),
      rttMs: fc.option(fc.double({ min: 0, max: 5000, noNaN: true }), { nil: undefined }),
      embedded: fc.option(fc.constantFrom('192.0.2.1', '10.1.2.3'), { nil: undefined, freq: 5 }),
    })
    .map(facts =>
      Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)),
    )
    .map(facts => facts as unknown as Sortable)
const someSource = fc.constantFrom(...ADDRESSES)
const lists = fc.oneof(
  fc.array(candidateWith(fc.option(someSource)), { maxLength: 9 }),
  fc.array(candidateWith(fc.option(fc.option(someSource), { nil: undefined })), { maxLength: 9 }),
)

void t.test('whatever the list: a stable sort that keeps every candidate', async () => {
  fc.assert(
    fc.property(lists, tableNames, (list, table) => {
      const order = sortDestinations(list, table)
      const places = new Set(order)
      if (order.length !== list.length || !list.every(item => places.has(item))) return false
      // Sorted again nothing moves, and what no rule tells apart is in the order it came in.
      if (sortDestinations(order, table).some((item, i) => item !== order[i])) return false
      return explainOrder(list, table).every(({ candidate, rule }, i, all) => {
        const next = all[i + 1]?.candidate
        if (next === undefined) return rule === null
        return rule !== 'rule 10: order unchanged' || list.indexOf(candidate) < list.indexOf(next)
      })
    }),
  )
})

void t.test(
  'whatever the list, sources absent for some too: antisymmetric and transitive',
  async () => {
    fc.assert(
      fc.property(lists, tableNames, (list, table) => {
        const all = readDestinations(list, table)
        for (const a of all) {
          for (const b of all) {
            const ab = Math.sign(compareDestinations(a, b))
            if (ab + Math.sign(compareDestinations(b, a)) !== 0) return false
            for (const c of all) {
              const bc = Math.sign(compareDestinations(b, c))
              // Before-or-equal is transitive, and so is equal: else a sort's result would be chance.
              if (ab <= 0 && bc <= 0 && compareDestinations(a, c) > 0) return false
              if (ab === 0 && bc === 0 && compareDestinations(a, c) !== 0) return false
            }
          }
        }
        return true
      }),
      { numRuns: 2000 },
    )
  },
)

const best: Destination = {
  candidate: { address: '2001:db8::1' },
  family: 6,
  scope: 0x2,
  precedence: 50,
  usable: true,
  scopeMatches: true,
  sourceDeprecated: false,
  labelMatches: true,
  commonPrefixLength: 64,
  rttStep: 1,
}

/** For each rule a destination that is worse by that rule alone. */
const WORSE: readonly [string, Partial<Destination>][] = [
  ['rule 1: avoid unusable destination', { usable: false }],
  ['rule 2: matching scope', { scopeMatches: false }],
  ['rule 3: avoid deprecated source', { sourceDeprecated: true }],
  ['rule 5: matching label', { labelMatches: false }],
  ['rule 6: higher precedence', { precedence: 49 }],
  ['rule 8: smaller scope', { scope: 0xe }],
  ['rule 8a: lower round-trip time', { rttStep: 2 }],
  ['rule 8b: used before', { rttStep: null }],
  ['rule 9: longest matching prefix', { commonPrefixLength: 63 }],
]

const key = (change: Partial<Destination>): string => Object.keys(change)[0] ?? ''

void t.test(
  'RFC 6724 section 6: each rule decides alone, and against all that come after it',
  async t => {
    t.same(
      RULES.map(({ name }) => name),
      WORSE.map(([name]) => name),
      'rules 4 and 7 cannot be decided, 10 is what is left',
    )
    for (const [i, [name, change]] of WORSE.entries()) {
      const worse = { ...best, ...change }
      t.equal(decidingRule(best, worse)?.name, name)
      t.equal(decidingRule(worse, best)?.name, name)
      t.ok(compareDestinations(best, worse) < 0, name)
      t.ok(compareDestinations(worse, best) > 0, name)
      // Rules 8a and 8b compare one thing: what this rule compares stays as it is.
      const later = WORSE.slice(i + 1).filter(([, more]) => !Object.hasOwn(more, key(change)))
      const worseByLater = later.reduce((all, [, more]) => ({ ...all, ...more }), best)
      t.ok(compareDestinations(worseByLater, worse) < 0, `${name} beats all later ones`)
    }
  },
)

void t.test('RFC 6724 section 6, rule 10: equal destinations are left to their order', async t => {
  t.equal(compareDestinations(best, { ...best }), 0)
  t.equal(decidingRule(best, { ...best }), undefined)
})

void t.test('RFC 6724 section 6, rule 9 is for IPv6 only', async t => {
  const near = { ...best, family: 4 as const }
  t.equal(compareDestinations(near, { ...near, commonPrefixLength: 8 }), 0)
  t.equal(compareDestinations(best, { ...near, commonPrefixLength: 8 }), 0)
})

void t.test('RFC 8305 section 4: used ones by their times, then those never used', async t => {
  const at = (rttStep: number | null, commonPrefixLength: number): Destination => ({
    ...best,
    rttStep,
    commonPrefixLength,
  })
  const order = [at(0, 0), at(1, 64), at(1, 0), at(5, 64), at(null, 64), at(null, 0)]
  t.strictSame(order.toReversed().toSorted(compareDestinations), order)
})

const GLOBAL = '2001:db8::1'
const OWN = '2001:db8:1::9'

void t.test('an address beyond doubt stands first', async t => {
  const first = (address: string, source: string, table: PolicyTableName = 'updated'): boolean =>
    standsFirst({ address, source }, table)
  t.equal(first(GLOBAL, OWN), true)
  t.equal(first('::1', '::1'), true)
  t.equal(first('192.0.2.1', '192.0.2.9'), true)
  t.equal(first('fd00:1::1', 'fd00:1::9'), true, 'a unique local address above IPv4')
  t.equal(first('fd00:1::1', 'fd00:2::9', 'linux'), true)
  t.equal(first('fd00:1::1', 'fd00:2::9', 'rfc6724'), false, 'or below')
  t.equal(first('2002:c633:6401::1', '2002:c633:6401::9'), false, 'as 6to4 is')
  t.equal(first('2002:c633:6401::1', '2002:c633:6401::9', 'linux'), true)
  const embedded = { address: '64:ff9b::c000:201', embedded: '192.0.2.1', source: OWN }
  t.equal(standsFirst(embedded, 'updated'), true, 'a NAT64 address is as good as IPv4')
})

void t.test('one whose source is in doubt does not', async t => {
  const first = (changes: Partial<Sortable>): boolean =>
    standsFirst({ address: GLOBAL, source: OWN, ...changes }, 'updated')
  t.equal(first({}), true)
  t.equal(first({ source: null }), false)
  t.equal(first({ source: 'fe80::9' }), false)
  t.equal(first({ sourceDeprecated: true }), false)
  t.equal(first({ source: 'fd00::9' }), false)
  t.equal(first({ source: '2002:c633:6401::9' }), false)
})

void t.test('where nobody was asked for a source, the precedence decides', async t => {
  t.equal(standsFirst({ address: GLOBAL }, 'rfc6724'), true)
  t.equal(standsFirst({ address: 'fd00::1' }, 'updated'), true)
  t.equal(standsFirst({ address: 'fd00::1' }, 'rfc6724'), false)
})

void t.test("this host's other unique local networks have the label of its source", async t => {
  const remote = { address: 'fd00:1:2::1', source: 'fd00:7::9' }
  t.equal(standsFirst(remote, 'updated'), false)
  t.equal(standsFirst(remote, 'updated', ['fd00:1:2::9']), true)
})

void t.test('property: what stands first is before every IPv4 address', async t => {
  const six = fc.constantFrom(GLOBAL, 'fd00:1::1', '2002:c633:6401::1', '2001::1', 'fec0::1', '::1')
  const four = fc.constantFrom('192.0.2.1', '10.0.0.1', '127.0.0.1', '169.254.1.1')
  const sources6 = fc.constantFrom(OWN, 'fd00:1::9', '2002:c633:6401::9', 'fe80::9', '::1', null)
  const sources4 = fc.constantFrom('192.0.2.9', '10.0.0.9', '127.0.0.1', '169.254.1.9', null)
  const of = (address: fc.Arbitrary<string>, source: fc.Arbitrary<string | null>) =>
    fc.record({ address, source, sourceDeprecated: fc.boolean() })
  const tables = fc.constantFrom<PolicyTableName>('rfc6724', 'updated', 'linux')
  fc.assert(
    fc.property(of(six, sources6), of(four, sources4), tables, (mine, other, table) => {
      if (!standsFirst(mine, table)) return
      const [first] = sortDestinations([other, mine], table)
      if (first !== mine) throw new Error(`${other.address} was first`)
    }),
    { numRuns: 5000 },
  )
  t.pass()
})
