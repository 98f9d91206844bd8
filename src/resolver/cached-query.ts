import type { Cache } from './cache.ts'
import { coalesce } from './coalesce.ts'
import type { CoalescedQuery } from './coalesce.ts'
import type { Query } from './query.ts'

const nobodyWaits = (): void => {}

/**
 * A query with the cache in front of it. What is in the cache is answered before the call returns;
 * what is not is asked once, however many want it, and kept also when nobody waits any longer.
 */
export const createCachedQuery = (query: Query, cache: Cache): CoalescedQuery => {
  const fill = coalesce((name, record, settle) => {
    query(name, record, answer => settle(cache.write(name, record, answer)))
  })
  return {
    ...fill,
    query: (name, record, settle) => {
      const hit = cache.read(name, record)
      if (!hit) return fill.query(name, record, settle)
      settle(hit.answer)
      // The coalescer sees to it that there is one refresh, not one for each who was served.
      if (hit.refresh) fill.query(name, record, nobodyWaits)
    },
  }
}
