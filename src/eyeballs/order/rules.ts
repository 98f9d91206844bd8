import type { Destination } from './destination.ts'

/** Compares two destinations by one rule: below 0 the first is to be tried first, 0: the rule does not decide. */
type Compare = (a: Destination, b: Destination) => number

/** A rule of RFC 6724 section 6 and how it is called where an order is explained. */
export type Rule = { readonly name: string; readonly compare: Compare }

/** True before false. */
const prefer = (a: boolean, b: boolean): number => Number(b) - Number(a)

/** Section 6, rule 1: a destination that is known to be unreachable, or has no source address, goes last. */
export const avoidUnusable: Compare = (a, b) => prefer(a.usable, b.usable)

/** Section 6, rule 2: a destination whose scope is that of its source goes first. */
export const preferMatchingScope: Compare = (a, b) => prefer(a.scopeMatches, b.scopeMatches)

/** Section 6, rule 3: a destination whose source is deprecated (RFC 4862 section 5.5.4) goes last. */
export const avoidDeprecatedSource: Compare = (a, b) =>
  prefer(!a.sourceDeprecated, !b.sourceDeprecated)

// Section 6, rule 4 prefers a source that is a home address over a care-of address. Which of them an
// address is, Mobile IPv6 knows; an ordinary process has no call to ask, so it is not decided here.

/** Section 6, rule 5: a destination whose label in the policy table is that of its source goes first. */
export const preferMatchingLabel: Compare = (a, b) => prefer(a.labelMatches, b.labelMatches)

/** Section 6, rule 6: the destination with the higher precedence in the policy table goes first. */
export const preferHigherPrecedence: Compare = (a, b) => b.precedence - a.precedence

// Section 6, rule 7 prefers a destination that is reached natively over one that is reached through
// a tunnel. The route knows whether its interface encapsulates; an ordinary process sees only the
// interface's name, so it is not decided here. The tables put 6to4 and Teredo low instead.

/** Section 6, rule 8: the destination with the smaller scope goes first. */
export const preferSmallerScope: Compare = (a, b) => a.scope - b.scope

/**
 * RFC 8305 section 4: the destination with the lower round-trip time goes first, by coarse
 * steps. Where one of the two is not known it does not decide: the next rule does.
 */
export const preferLowerRoundTripTime: Compare = (a, b) =>
  a.rttStep === null || b.rttStep === null ? 0 : a.rttStep - b.rttStep

/**
 * RFC 8305 section 4: a destination that was used before goes first. Together with the rule
 * before, all that were used stand by their times in front of all that were not, so that the order
 * stays transitive.
 */
export const preferUsedBefore: Compare = (a, b) => prefer(a.rttStep !== null, b.rttStep !== null)

/**
 * Section 6, rule 9: of two destinations of one family, the one that shares more leading bits with
 * its source goes first, bits beyond the source's own prefix not counted (section 2.2).
 *
 * For IPv6 only. The bits of two IPv4 addresses say nothing about the way between them, and behind
 * NAT the source is not even the one that is seen; all that the rule would do is defeat the rotation
 * by which a DNS server spreads its clients over equal addresses.
 */
export const preferLongestPrefix: Compare = (a, b) =>
  a.family === 6 && b.family === 6 ? b.commonPrefixLength - a.commonPrefixLength : 0

/**
 * All rules in their order. What decides first decides. The two between rules 8 and 9 are those of RFC
 * 8305 section 4 for a host that keeps history; without history they decide nothing.
 */
export const RULES: readonly Rule[] = [
  { name: 'rule 1: avoid unusable destination', compare: avoidUnusable },
  { name: 'rule 2: matching scope', compare: preferMatchingScope },
  { name: 'rule 3: avoid deprecated source', compare: avoidDeprecatedSource },
  { name: 'rule 5: matching label', compare: preferMatchingLabel },
  { name: 'rule 6: higher precedence', compare: preferHigherPrecedence },
  { name: 'rule 8: smaller scope', compare: preferSmallerScope },
  { name: 'rule 8a: lower round-trip time', compare: preferLowerRoundTripTime },
  { name: 'rule 8b: used before', compare: preferUsedBefore },
  { name: 'rule 9: longest matching prefix', compare: preferLongestPrefix },
]

/** Section 6, rule 10: where nothing else decides, the order stays as it was. */
export const UNCHANGED = 'rule 10: order unchanged'

/** The first rule that tells two destinations apart, or undefined where only rule 10 is left. */
export const decidingRule = (a: Destination, b: Destination): Rule | undefined =>
  RULES.find(rule => rule.compare(a, b) !== 0)

/** All rules one after the other. It is transitive, so a stable sort by it is RFC 6724's order, rule 10 included. */
export const compareDestinations: Compare = (a, b) => {
  for (const rule of RULES) {
    const order = rule.compare(a, b)
    if (order !== 0) return order
  }
  return 0
}
