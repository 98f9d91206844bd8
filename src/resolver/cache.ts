import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { RecordType } from '../core/ip.ts'
import { isNegative } from './answers.ts'
import type { CoalescedQuery, QuerySlots } from './coalesce.ts'
import { coalesce } from './coalesce.ts'
import type { ResolverObserver } from './observe-queries.ts'
import type { CacheOptions } from './resolver-options.ts'
import type { Answer, NegativeAnswer, Source } from './types.ts'

type Entry = {
  readonly answer: Answer
  readonly expiresAt: number
  /** Set when a refresh has failed: the earliest time of the next refresh. */
  retryAt?: number
}

/** A cached answer; `refresh` asks the caller to refresh it although it may be served. */
export type CacheHit = { readonly answer: Answer; readonly refresh: boolean }

export type Cache = {
  /** Returns the answer that may be served now, with its remaining TTL in seconds; undefined if a query is needed. */
  readonly read: (name: string, record: RecordType) => CacheHit | undefined
  /**
   * Stores the answer of a query and returns the answer to serve: this one, or an expired one in place of a
   * failure.
   */
  readonly write: (name: string, record: RecordType, answer: Answer) => Answer
  readonly size: () => number
  /** Removes all answers. */
  readonly clear: () => void
}

const served = (answer: Answer, source: 'cache' | 'stale', ttlMs: number): Answer =>
  answer.ok
    ? { ...answer, ttl: Math.floor(ttlMs / 1000), source }
    : { ok: false, code: answer.code, source }

/** A lack of descriptors (EMFILE) or of the lookup process (ECHILD) concerns this process and not the name. */
const isOfThisProcess = ({ code }: NegativeAnswer): boolean =>
  code === 'EMFILE' || code === 'ECHILD'

const isAnswer = (answer: Answer): boolean => answer.ok || isNegative(answer)

/** Caches answers by name and type. It uses no timer: expired answers are evicted when the space is needed. */
export const createCache = (options: CacheOptions, clock: Clock): Cache => {
  const { maxEntries, minTtlMs, maxTtlMs, negativeTtlMs, failureTtlMs } = options
  const entries =
    maxEntries > 0 ? new LRUCache<string, Entry>({ max: maxEntries }) : new Map<string, Entry>()

  const ttlOf = (answer: Answer): number => {
    // The C library returns no TTL, neither for positive nor for negative answers.
    if (answer.source === 'system' && isAnswer(answer) && minTtlMs === 0) return 0
    if (!answer.ok) {
      if (!isNegative(answer)) return failureTtlMs
      if (answer.source === 'system') return negativeTtlMs
      return answer.ttl === undefined ? failureTtlMs : Math.min(answer.ttl * 1000, negativeTtlMs)
    }
    return answer.ttl === null
      ? minTtlMs
      : Math.min(Math.max(answer.ttl * 1000, minTtlMs), maxTtlMs)
  }

  const keep = (key: string, answer: Answer): Answer => {
    const ttlMs = ttlOf(answer)
    if (ttlMs <= 0 || maxEntries === 0) entries.delete(key)
    else entries.set(key, { answer, expiresAt: clock.now() + ttlMs })
    return answer.ok && answer.ttl !== null ? { ...answer, ttl: Math.floor(ttlMs / 1000) } : answer
  }

  return {
    read: (name, record) => {
      const entry = entries.get(`${record} ${name}`)
      if (!entry) return undefined
      const { answer, expiresAt, retryAt } = entry
      const now = clock.now()
      const age = now - expiresAt
      if (age < 0) return { answer: served(answer, 'cache', -age), refresh: false }
      if (!isAnswer(answer)) return undefined
      // After a failed refresh, later lookups get the stale answer at once while the next refresh runs.
      const bound = retryAt === undefined ? 0 : options.staleIfErrorMs
      const fast = answer.ok ? Math.max(bound, options.staleWhileRevalidateMs) : bound
      if (age >= fast) return undefined
      return {
        answer: served(answer, 'stale', 0),
        refresh: retryAt === undefined || now >= retryAt,
      }
    },
    write: (name, record, answer) => {
      const key = `${record} ${name}`
      if (isAnswer(answer)) return keep(key, answer)
      if (answer.ok || answer.code === 'ECANCELLED') return answer
      const old = entries.get(key)
      const now = clock.now()
      if (!old || !isAnswer(old.answer) || now - old.expiresAt >= options.staleIfErrorMs) {
        return isOfThisProcess(answer) ? answer : keep(key, answer)
      }
      old.retryAt = now + failureTtlMs
      return served(old.answer, 'stale', 0)
    },
    size: () => entries.size,
    clear: () => entries.clear(),
  }
}

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
 * queries are sent once for all waiters, and the answer is cached even if no waiter is left.
 *
 * @param onCache called for each question; nobody by default
 */
export const createCachedQuery = (
  source: Source,
  cache: Cache,
  turns: QuerySlots,
  onCache: ResolverObserver['onCache'] = () => {},
): CachedQuery => {
  let epoch = 0
  const fill = coalesce((name, record, settle, control) => {
    const asked = epoch
    const keep = (answer: Answer): void =>
      settle(asked === epoch ? cache.write(name, record, answer) : answer)
    return source(name, record, keep, control)
  }, turns)
  return {
    pending: fill.pending,
    close: fill.close,
    query: (name, record, settle, update, requester) => {
      const hit = cache.read(name, record)
      onCache(hit ? (hit.answer.source === 'stale' ? 'stale' : 'hit') : 'miss')
      if (!hit) return fill.query(name, record, settle, undefined, requester)
      if (!hit.refresh) return settle(hit.answer)
      settle({ ...hit.answer, refreshing: true })
      // One refresh serves all waiters with the stale answer. `update` is always called, so that no
      // waiter hangs; a failed refresh repeats the old answer.
      const renew = (answer: Answer): void =>
        update?.(answer.ok || isNegative(answer) ? answer : hit.answer)
      fill.query(name, record, renew, undefined, requester)
    },
    forget: () => {
      epoch++
      cache.clear()
      fill.detach()
    },
  }
}
