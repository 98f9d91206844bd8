import type { Asker } from '../core/asker.ts'
import type { RecordType } from '../core/family.ts'
import type { Answer } from './types.ts'

/**
 * Asks for one record type of one fully qualified name (lower case, without a final dot). `settle` is
 * called exactly once, possibly before the call returns: what is in memory costs no turn of the
 * event loop. Once its asker has left it is not called any more.
 *
 * @param update called once where the answer was `refreshing`, when its refresh has ended, with what
 *   is known then; not called otherwise
 * @param asker who asks; the process itself, which never leaves, where absent
 */
export type Query = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
  asker?: Asker,
) => void

/** What a source may know of the one who sent it a question. */
export type Asking = {
  /** Whether it is worth asking again where a first try has come to nothing; where it is not, the answer may be ECANCELLED. */
  readonly isWanted: () => boolean
  /**
   * The question goes on to cost what it costs when it is answered or given up.
   *
   * @returns says that it does not any more: only then is its turn another's
   */
  readonly keepTurn: () => () => void
}

/**
 * Where answers come from: sends one question, for however many have asked it. `settle` is called once,
 * possibly before the call returns.
 *
 * @returns gives the question up; `settle` is not called any more
 */
export type Source = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  asking: Asking,
) => () => void

/** Whether an answer says that the name, or its record, is not there; that is knowledge, not a failure. */
export const isNegative = (answer: Answer): boolean =>
  !answer.ok && (answer.code === 'ENOTFOUND' || answer.code === 'ENODATA')
