import type { Cache } from './cache.ts'
import { coalesce } from './coalesce.ts'
import type { CoalescedQuery, QuestionTurns } from './coalesce.ts'
import type { Source } from './query.ts'
import { isNegative } from './query.ts'
import type { Answer } from './types.ts'

/** A query with the cache in front of it. */
export type CachedQuery = Pick<CoalescedQuery, 'query' | 'pending' | 'close'> & {
  /**
   * Drops what is in the cache: it came from another network. Queries in flight answer those who
   * wait for them, and nobody else.
   */
  readonly forget: () => void
}

/**
 * A query with the cache in front of it. What is in the cache is answered before the call returns;
 * what is not is asked once, however many want it, and kept also when nobody waits any longer.
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
      // One refresh serves all who were given the stale answer. The update follows in any case, so that
      // nobody waits for nothing; a refresh that fails leaves the answer as it was.
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
