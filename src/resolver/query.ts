import type { RecordType } from '../core/family.ts'
import type { Answer } from './types.ts'

/**
 * Asks for one record type of one fully qualified name (lower case, without a final dot). `settle` is
 * called exactly once, possibly before the call returns: what is in memory costs no turn of the
 * event loop.
 *
 * @param update called at most once, where the answer was a stale one and its refresh has brought
 *   another; only a query with a cache calls it
 */
export type Query = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
) => void

/** Whether an answer says that the name, or its record, is not there; that is knowledge, not a failure. */
export const isNegative = (answer: Answer): boolean =>
  !answer.ok && (answer.code === 'ENOTFOUND' || answer.code === 'ENODATA')

/**
 * Whether an answer says something else than an earlier one: other addresses, in whatever order, or
 * that there are none. A failure to get an answer says nothing.
 */
export const saysOther = (before: Answer, now: Answer): boolean => {
  if (!now.ok) return before.ok && isNegative(now)
  if (!before.ok || before.addresses.length !== now.addresses.length) return true
  const known = new Set(before.addresses)
  return now.addresses.some(address => !known.has(address))
}
