import t from 'tap'
import type { Destination } from '../../../src/eyeballs/order/destination.ts'
import { compareDestinations, decidingRule, RULES } from '../../../src/eyeballs/order/rules.ts'

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
