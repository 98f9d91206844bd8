import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { RecordType } from '../core/family.ts'
import { isNegative } from './query.ts'
import type { Answer, NegativeAnswer } from './types.ts'

/** How long answers are kept. All durations are milliseconds, 0 or more. */
export type CacheOptions = {
  /** Answers kept, the two types of a name counted apart; beyond that the least recently used goes. 0: none is kept. Default 10000. */
  readonly maxEntries: number
  /** A shorter TTL counts as this, and an answer without one (`mode: system`) is kept so long. 0: neither. Default 0. */
  readonly minTtlMs: number
  /** A longer TTL counts as this. Default 1 h. */
  readonly maxTtlMs: number
  /**
   * For a name, or a record of it, that does not exist: the most that the answer's own time counts for
   * (RFC 2308 section 5). Default 5 s.
   */
  readonly negativeTtlMs: number
  /** For a failure (SERVFAIL, timeout), for what does not exist where the answer does not say how long, and between two tries to refresh an answer served in its place. Default 2 s. */
  readonly failureTtlMs: number
  /** An expired answer with addresses that is no older than this is served at once, and refreshed behind it. Default 30 s. */
  readonly staleWhileRevalidateMs: number
  /** When a refresh fails, the expired answer is served until so long after it expired (RFC 8767). Default 1 h. */
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
  /** Set when a refresh has failed: until then no other is tried. */
  retryAt?: number
}

/** What the cache has for a question; `refresh` asks the caller to renew it, though it may serve it. */
export type CacheHit = { readonly answer: Answer; readonly refresh: boolean }

export type Cache = {
  /** The answer that may be served now, its TTL the seconds that remain; undefined where a query is needed. */
  readonly read: (name: string, record: RecordType) => CacheHit | undefined
  /** Keeps what a query brought, and returns what is to be served: that, or an expired answer in place of a failure. */
  readonly write: (name: string, record: RecordType, answer: Answer) => Answer
  readonly size: () => number
  /** Drops all answers. */
  readonly clear: () => void
}

const served = (answer: Answer, source: 'cache' | 'stale', ttlMs: number): Answer =>
  answer.ok
    ? { ...answer, ttl: Math.floor(ttlMs / 1000), source }
    : { ok: false, code: answer.code, source }

/** That this process had no descriptor left, or no other process, says nothing of the name. */
const isOfThisProcess = ({ code }: NegativeAnswer): boolean =>
  code === 'EMFILE' || code === 'ECHILD'

const isAnswer = (answer: Answer): boolean => answer.ok || isNegative(answer)

/** Answers by name and type, each for as long as it may be kept. It has no timer: what has expired goes when its place is needed. */
export const createCache = (options: CacheOptions, clock: Clock): Cache => {
  const { maxEntries, minTtlMs, maxTtlMs, negativeTtlMs, failureTtlMs } = options
  const entries =
    maxEntries > 0 ? new LRUCache<string, Entry>({ max: maxEntries }) : new Map<string, Entry>()

  const ttlOf = (answer: Answer): number => {
    // The system gives no TTL for what it has and for what it has not.
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
      // Once a refresh has failed nobody waits for the next one: it is tried behind the stale answer.
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
