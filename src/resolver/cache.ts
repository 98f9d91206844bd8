import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { RecordType } from '../core/ip.ts'
import { isNegative } from './query.ts'
import type { Answer, NegativeAnswer } from './types.ts'

/** Lifetimes of cached answers. All durations are milliseconds, 0 or more. */
export type CacheOptions = {
  /**
   * Maximum number of answers (each record type of a name counts); the least recently used is evicted. 0
   * disables the cache. Default 10000.
   */
  readonly maxEntries: number
  /**
   * Minimum TTL; also the TTL of an answer without one (`mode: system`). 0: no minimum, and no caching
   * without TTL. Default 0.
   */
  readonly minTtlMs: number
  /** Maximum TTL. Default 1 h. */
  readonly maxTtlMs: number
  /** Maximum TTL of a negative answer (the name or record does not exist, RFC 2308 section 5). Default 5 s. */
  readonly negativeTtlMs: number
  /**
   * TTL of a failure (SERVFAIL, timeout) and of a negative answer without a TTL, and the interval between
   * attempts to refresh an answer that is served in place of a failure. Default 2 s.
   */
  readonly failureTtlMs: number
  /**
   * Maximum age after expiry at which an answer with addresses is served at once and refreshed in the
   * background. Default 30 s.
   */
  readonly staleWhileRevalidateMs: number
  /** Maximum time after expiry for which an answer is served if its refresh fails (RFC 8767). Default 1 h. */
  readonly staleIfErrorMs: number
}

export const CACHE_DEFAULTS: CacheOptions = {
  maxEntries: 10_000,
  minTtlMs: 0,
  maxTtlMs: 3_600_000,
  negativeTtlMs: 5000,
  failureTtlMs: 2000,
  staleWhileRevalidateMs: 30_000,
  staleIfErrorMs: 3_600_000,
}

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
