import type { Cache } from './cache.ts'
import { coalesce } from './coalesce.ts'
import type { CoalescedQuery } from './coalesce.ts'
import type { Query } from './query.ts'
import { isNegative } from './query.ts'

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
export const createCachedQuery = (query: Query, cache: Cache): CachedQuery => {
  let epoch = 0
  const fill = coalesce((name, record, settle) => {
    const asked = epoch
    query(name, record, answer =>
      settle(asked === epoch ? cache.write(name, record, answer) : answer),
    )
  })
  return {
    pending: fill.pending,
    close: fill.close,
    query: (name, record, settle, update) => {
      const hit = cache.read(name, record)
      if (!hit) return fill.query(name, record, settle)
      if (!hit.refresh) return settle(hit.answer)
      settle({ ...hit.answer, refreshing: true })
      // One refresh serves all who were given the stale answer. The update follows in any case, so that
      // nobody waits for nothing; a refresh that fails leaves the answer as it was.
      fill.query(name, record, answer =>
        update?.(answer.ok || isNegative(answer) ? answer : hit.answer),
      )
    },
    forget: () => {
      epoch++
      cache.clear()
      fill.detach()
    },
  }
}
