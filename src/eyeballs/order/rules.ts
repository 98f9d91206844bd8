import type { Destination } from './destination.ts'

/** Compares two destinations by one rule: negative if the first is to be tried first, 0 if the rule does not decide. */
type Compare = (a: Destination, b: Destination) => number

/** A rule of RFC 6724 section 6, with its name for explanations of an order. */
export type Rule = { readonly name: string; readonly compare: Compare }

/** True before false. */
const prefer = (a: boolean, b: boolean): number => Number(b) - Number(a)

/** RFC 6724 section 6, rule 1: a destination that is known to be unreachable, or has no source address, goes last. */
export const avoidUnusable: Compare = (a, b) => prefer(a.usable, b.usable)

/** RFC 6724 section 6, rule 2: a destination whose scope is that of its source goes first. */
export const preferMatchingScope: Compare = (a, b) => prefer(a.scopeMatches, b.scopeMatches)

/** RFC 6724 section 6, rule 3: a destination whose source is deprecated (RFC 4862 section 5.5.4) goes last. */
export const avoidDeprecatedSource: Compare = (a, b) =>
  prefer(!a.sourceDeprecated, !b.sourceDeprecated)

// RFC 6724 section 6, rule 4 prefers home addresses. Only Mobile IPv6 knows which addresses are home
// addresses, and an ordinary process cannot ask it, so this rule is not implemented.

/** RFC 6724 section 6, rule 5: a destination whose label in the policy table is that of its source goes first. */
export const preferMatchingLabel: Compare = (a, b) => prefer(a.labelMatches, b.labelMatches)

/** RFC 6724 section 6, rule 6: the destination with the higher precedence in the policy table goes first. */
export const preferHigherPrecedence: Compare = (a, b) => b.precedence - a.precedence

// RFC 6724 section 6, rule 7 prefers native transport over a tunnel. The routing table knows whether an
// interface encapsulates; a process sees only the interface's name, so this rule is not implemented. The
// policy tables rank 6to4 and Teredo low instead.

/** RFC 6724 section 6, rule 8: the destination with the smaller scope goes first. */
export const preferSmallerScope: Compare = (a, b) => a.scope - b.scope

/**
 * RFC 8305 section 4: the destination with the lower round-trip time goes first, compared in coarse steps.
 * If one of the two is unknown, the rule does not decide.
 */
export const preferLowerRoundTripTime: Compare = (a, b) =>
  a.rttStep === null || b.rttStep === null ? 0 : a.rttStep - b.rttStep

/**
 * RFC 8305 section 4: a destination that was used before goes first. Together with the previous rule, used
 * destinations sorted by their times precede all others, which keeps the order transitive.
 */
export const preferUsedBefore: Compare = (a, b) => prefer(a.rttStep !== null, b.rttStep !== null)

/**
 * RFC 6724 section 6, rule 9: of two destinations of one family, the one that shares more leading bits with its
 * source goes first; bits beyond the source's prefix are not counted (section 2.2).
 *
 * The rule applies to IPv6 only. Shared bits of IPv4 addresses say nothing about the path, and behind NAT
 * the visible source is a different one; the rule would only undo the rotation by which a DNS server
 * distributes its clients over equal addresses.
 */
export const preferLongestPrefix: Compare = (a, b) =>
  a.family === 6 && b.family === 6 ? b.commonPrefixLength - a.commonPrefixLength : 0

/**
 * All rules in order; the first that decides counts. The two between rules 8 and 9 are those of RFC 8305
 * section 4 for a host that keeps history; without history they decide nothing.
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

/** RFC 6724 section 6, rule 10: if no other rule decides, the order stays. */
export const UNCHANGED = 'rule 10: order unchanged'

/** The first rule that distinguishes two destinations, or undefined if only rule 10 is left. */
export const decidingRule = (a: Destination, b: Destination): Rule | undefined =>
  RULES.find(rule => rule.compare(a, b) !== 0)

/**
 * Applies all rules in order. The comparison is transitive, so a stable sort by it gives the order of RFC
 * 6724, rule 10 included.
 */
export const compareDestinations: Compare = (a, b) => {
  for (const rule of RULES) {
    const order = rule.compare(a, b)
    if (order !== 0) return order
  }
  return 0
}
