import type { ReadIp } from '../../core/ip.ts'
import type { Destination, Sortable } from './read-destinations.ts'
import { readDestinations } from './read-destinations.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { ipv4Policy } from './policy-tables.ts'

/** Compares two destinations by one rule: negative if the first is to be tried first, 0 if the rule does not decide. */
type Compare = (a: Destination, b: Destination) => number

/** A rule of RFC 6724 section 6, with its name for explanations of an order. */
type Rule = { readonly name: string; readonly compare: Compare }

/** True before false. */
const prefer = (a: boolean, b: boolean): number => Number(b) - Number(a)

/** RFC 6724 section 6, rule 1: a destination that is known to be unreachable, or has no source address, goes last. */
const avoidUnusable: Compare = (a, b) => prefer(a.usable, b.usable)

/** RFC 6724 section 6, rule 2: a destination whose scope is that of its source goes first. */
const preferMatchingScope: Compare = (a, b) => prefer(a.scopeMatches, b.scopeMatches)

/** RFC 6724 section 6, rule 3: a destination whose source is deprecated (RFC 4862 section 5.5.4) goes last. */
const avoidDeprecatedSource: Compare = (a, b) => prefer(!a.sourceDeprecated, !b.sourceDeprecated)

// RFC 6724 section 6, rule 4 prefers home addresses. Only Mobile IPv6 knows which addresses are home
// addresses, and an ordinary process cannot ask it, so this rule is not implemented.

/** RFC 6724 section 6, rule 5: a destination whose label in the policy table is that of its source goes first. */
const preferMatchingLabel: Compare = (a, b) => prefer(a.labelMatches, b.labelMatches)

/** RFC 6724 section 6, rule 6: the destination with the higher precedence in the policy table goes first. */
const preferHigherPrecedence: Compare = (a, b) => b.precedence - a.precedence

// RFC 6724 section 6, rule 7 prefers native transport over a tunnel. The routing table knows whether an
// interface encapsulates; a process sees only the interface's name, so this rule is not implemented. The
// policy tables rank 6to4 and Teredo low instead.

/** RFC 6724 section 6, rule 8: the destination with the smaller scope goes first. */
const preferSmallerScope: Compare = (a, b) => a.scope - b.scope

/**
 * RFC 8305 section 4: the destination with the lower round-trip time goes first, compared in coarse steps.
 * If one of the two is unknown, the rule does not decide.
 */
const preferLowerRoundTripTime: Compare = (a, b) =>
  a.rttStep === null || b.rttStep === null ? 0 : a.rttStep - b.rttStep

/**
 * RFC 8305 section 4: a destination that was used before goes first. Together with the previous rule, used
 * destinations sorted by their times precede all others, which keeps the order transitive.
 */
const preferUsedBefore: Compare = (a, b) => prefer(a.rttStep !== null, b.rttStep !== null)

/**
 * RFC 6724 section 6, rule 9: of two destinations of one family, the one that shares more leading bits with its
 * source goes first; bits beyond the source's prefix are not counted (section 2.2).
 *
 * The rule applies to IPv6 only. Shared bits of IPv4 addresses say nothing about the path, and behind NAT
 * the visible source is a different one; the rule would only undo the rotation by which a DNS server
 * distributes its clients over equal addresses.
 */
const preferLongestPrefix: Compare = (a, b) =>
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
const UNCHANGED = 'rule 10: order unchanged'

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

const sort = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal?: readonly string[],
  readIp?: ReadIp,
): Destination<C>[] =>
  readDestinations(candidates, table, knownLocal, readIp).toSorted(compareDestinations)

/**
 * Destination address selection by RFC 6724 section 6, which RFC 8305 section 4 requires. The sort is
 * stable: candidates that no rule distinguishes stay in the order of the answer.
 *
 * `source` undefined means that the host was not asked. If any candidate's is undefined, the rules that
 * need sources (1, 2, 3, 5 and 9) decide nothing in this sort. `source` null means that there is none: rule
 * 1 puts the candidate last.
 *
 * @param knownLocal this host's unique local addresses (fd00::/8) besides the sources; only the table
 *   `updated` uses them
 * @param readIp reads addresses; `parseIp` by default
 * @returns a new array of the same candidates
 * @throws ERR_INVALID_ADDRESS if an address, a source or one of `knownLocal` is not an IP address
 */
export const sortDestinations = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal?: readonly string[],
  readIp?: ReadIp,
): C[] => sort(candidates, table, knownLocal, readIp).map(({ candidate }) => candidate)

/** A candidate in a sorted order, with the reason for its position. */
export type ExplainedPlace<C extends Sortable = Sortable> = {
  readonly candidate: C
  /** The rule that put it before the next candidate, such as `rule 6: higher precedence`; null for the last. */
  readonly rule: string | null
}

/** The order of `sortDestinations`, with the rule that decided each position. */
export const explainOrder = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal?: readonly string[],
): ExplainedPlace<C>[] =>
  sort(candidates, table, knownLocal).map((destination, i, sorted) => {
    const next = sorted[i + 1]
    return {
      candidate: destination.candidate,
      rule: next ? (decidingRule(destination, next)?.name ?? UNCHANGED) : null,
    }
  })

/**
 * Whether no IPv4 address can precede this destination by RFC 6724 section 6: its source exists, has the
 * destination's scope and label and is not deprecated (rules 1, 2, 3 and 5), and its precedence is not
 * below that of IPv4 (rule 6). If the host was not asked for the source, rule 6 decides.
 *
 * @param knownLocal as for `sortDestinations`
 * @param readIp as for `sortDestinations`
 * @throws ERR_INVALID_ADDRESS if an address, a source or one of `knownLocal` is not an IP address
 */
export const standsFirst = (
  candidate: Sortable,
  table: PolicyTableName,
  knownLocal?: readonly string[],
  readIp?: ReadIp,
): boolean => {
  const [destination] = readDestinations([candidate], table, knownLocal, readIp)
  if (!destination) return false
  const { usable, scopeMatches, sourceDeprecated, labelMatches, precedence } = destination
  const isSourceRight =
    candidate.source === undefined || (usable && scopeMatches && !sourceDeprecated && labelMatches)
  return isSourceRight && precedence >= ipv4Policy(table).precedence
}
