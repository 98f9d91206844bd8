import type { Asker } from '../core/asker.ts'
import type { RecordType } from '../core/ip.ts'
import type { Answer } from './types.ts'

/**
 * Queries one record type of one fully qualified name (lower case, without a final dot). `settle` is called
 * exactly once, possibly before the call returns, so that a cached answer costs no turn of the event loop.
 * It is not called after the asker has left.
 *
 * @param update called once after an answer that was `refreshing`, when the refresh has ended, with the
 *   answer known then
 * @param asker who asks; by default the process itself, which never leaves
 */
export type Query = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
  asker?: Asker,
) => void

/** What a source can ask about the waiters of a question, and do with its slot. */
export type Asking = {
  /** Whether a retry is worthwhile; if not, the source may answer ECANCELLED. */
  readonly isWanted: () => boolean
  /**
   * Keeps the question's slot even after the question is answered or cancelled.
   *
   * @returns releases the slot
   */
  readonly keepTurn: () => () => void
}

/**
 * A source of answers: sends one question on behalf of all its waiters. `settle` is called once, possibly
 * before the call returns.
 *
 * @returns cancels the question; `settle` is not called any more
 */
export type Source = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  asking: Asking,
) => () => void

/** Whether an answer says that the name or record does not exist, which is a result and not a failure. */
export const isNegative = (answer: Answer): boolean =>
  !answer.ok && (answer.code === 'ENOTFOUND' || answer.code === 'ENODATA')
