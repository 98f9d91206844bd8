import type { Cache } from './cache.ts'
import { coalesce } from './coalesce.ts'
import type { CoalescedQuery, QuestionTurns } from './coalesce.ts'
import type { Source } from './query.ts'
import { isNegative } from './query.ts'
import type { Answer } from './types.ts'

/** A query function with a cache. */
export type CachedQuery = Pick<CoalescedQuery, 'query' | 'pending' | 'close'> & {
  /**
   * Empties the cache, because its answers came from another network. Queries in flight still answer their
   * waiters, but their answers are not cached.
   */
  readonly forget: () => void
}

/**
 * Creates a query function with a cache. A cached answer is delivered before the call returns. Other
 * questions are sent once for all waiters, and the answer is cached even if no waiter is left.
 */
export const createCachedQuery = (
  source: Source,
  cache: Cache,
  turns: QuestionTurns,
): CachedQuery => {
  let epoch = 0
  const fill = coalesce((name, record, settle, asking) => {
    const asked = epoch
    const keep = (answer: Answer): void =>
      settle(asked === epoch ? cache.write(name, record, answer) : answer)
    return source(name, record, keep, asking)
  }, turns)
  return {
    pending: fill.pending,
    close: fill.close,
    query: (name, record, settle, update, asker) => {
      const hit = cache.read(name, record)
      if (!hit) return fill.query(name, record, settle, undefined, asker)
      if (!hit.refresh) return settle(hit.answer)
      settle({ ...hit.answer, refreshing: true })
      // One refresh serves all waiters with the stale answer. `update` is always called, so that no
      // waiter hangs; a failed refresh repeats the old answer.
      const renew = (answer: Answer): void =>
        update?.(answer.ok || isNegative(answer) ? answer : hit.answer)
      fill.query(name, record, renew, undefined, asker)
    },
    forget: () => {
      epoch++
      cache.clear()
      fill.detach()
    },
  }
}
