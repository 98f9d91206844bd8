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
 * Destination address selection by RFC 6724 section 6, which RFC 8305 section 4 requires. The sort is
 * stable: candidates that no rule distinguishes stay in the order of the answer.
 *
 * `source` undefined means that the host was not asked. If any candidate's is undefined, the rules that
 * need sources (1, 2, 3, 5 and 9) decide nothing in this sort. `source` null means that there is none: rule
 * 1 puts the candidate last.
 *
 * @param knownLocal this host's unique local addresses (fd00::/8) besides the sources; only the table
 *   `updated` uses them
 * @returns a new array of the same candidates
 * @throws ERR_INVALID_ADDRESS if an address, a source or one of `knownLocal` is not an IP address
 */
export const sortDestinations = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal?: readonly string[],
): C[] => sort(candidates, table, knownLocal).map(({ candidate }) => candidate)

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
