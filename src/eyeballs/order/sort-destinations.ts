import type { Destination, Sortable } from './destination.ts'
import { readDestinations } from './destination.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { compareDestinations, decidingRule, UNCHANGED } from './rules.ts'

const sort = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal?: readonly string[],
): Destination<C>[] => readDestinations(candidates, table, knownLocal).toSorted(compareDestinations)

/**
 * Destination address selection, RFC 6724 section 6 (RFC 8305 section 4 demands it). The sort is stable:
 * what the rules do not tell apart stays in the order of the answer.
 *
 * A candidate without `source` (undefined) was not asked for one. If any was not, the rules that
 * need sources (1, 2, 3, 5 and 9) decide nothing in this sort. `source` null is "asked, and there is
 * none": rule 1 puts it last.
 *
 * @param knownLocal this host's unique local addresses (fd00::/8) beside the sources; only the table `updated` heeds them
 * @returns a new array of the same candidates
 * @throws ERR_INVALID_ADDRESS where an address, a source or one of `knownLocal` is no IP address
 */
export const sortDestinations = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal?: readonly string[],
): C[] => sort(candidates, table, knownLocal).map(({ candidate }) => candidate)

/** One place of an order, and why it is before the next one. */
export type ExplainedPlace<C extends Sortable = Sortable> = {
  readonly candidate: C
  /** The rule that decided against the next place, such as `rule 6: higher precedence`; null for the last. */
  readonly rule: string | null
}

/** The order of `sortDestinations` with the rule that decided each place. */
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
