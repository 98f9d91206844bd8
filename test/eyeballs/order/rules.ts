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
}

/** For each rule a destination that is worse by that rule alone. */
const WORSE: readonly [string, Partial<Destination>][] = [
  ['rule 1: avoid unusable destination', { usable: false }],
  ['rule 2: matching scope', { scopeMatches: false }],
  ['rule 3: avoid deprecated source', { sourceDeprecated: true }],
  ['rule 5: matching label', { labelMatches: false }],
  ['rule 6: higher precedence', { precedence: 49 }],
  ['rule 8: smaller scope', { scope: 0xe }],
  ['rule 9: longest matching prefix', { commonPrefixLength: 63 }],
]

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
      const worseByLater = WORSE.slice(i + 1).reduce((all, [, more]) => ({ ...all, ...more }), best)
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
