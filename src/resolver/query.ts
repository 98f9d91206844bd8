import type { RecordType } from '../core/family.ts'
import type { Answer } from './types.ts'

/**
 * Asks for one record type of one fully qualified name (lower case, without a final dot). `settle` is
 * called exactly once, possibly before the call returns: what is in memory costs no turn of the
 * event loop.
 *
 * @param update called once where the answer was `refreshing`, when its refresh has ended, with what
 *   is known then; not called otherwise
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
