import type { RecordType } from '../core/ip.ts'
import { createGrid } from './grid.ts'
import { createHistogram } from './histogram.ts'
import type { CACHE_RESULTS } from './metrics.ts'
import { QUERY_OUTCOMES, RECORD_TYPES } from './metrics.ts'
import type { Snapshot } from './snapshot.ts'
import { keyOf } from './snapshot.ts'

type QueryOutcome = (typeof QUERY_OUTCOMES)[number]

/** Counts what the resolvers of a process do. */
export type DnsCounts = {
  /** @param code why there is no address; null if there is one */
  readonly onQuery: (record: RecordType, code: string | null, durationMs: number) => void
  readonly onCache: (result: (typeof CACHE_RESULTS)[number]) => void
  readonly read: () => Snapshot
}

const OUTCOMES: ReadonlyMap<string | null, QueryOutcome> = new Map<string | null, QueryOutcome>([
  [null, 'answered'],
  ['ENODATA', 'nodata'],
  ['ENOTFOUND', 'nxdomain'],
  ['ESERVFAIL', 'servfail'],
  ['EREFUSED', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNREFUSED', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['ENODEV', 'unreachable'],
  ['ECANCELLED', 'cancelled'],
])

export const createDnsCounts = (): DnsCounts => {
  const queries = createGrid(RECORD_TYPES, QUERY_OUTCOMES)
  const durations = { A: createHistogram(), AAAA: createHistogram() }
  const cache = { hit: 0, stale: 0, miss: 0 }
  return {
    onQuery: (record, code, durationMs) => {
      const outcome = OUTCOMES.get(code) ?? 'other'
      queries.counts[record][outcome]++
      if (outcome !== 'cancelled') durations[record].observe(durationMs)
    },
    onCache: result => {
      cache[result]++
    },
    read: () => {
      const duration = new Map<string, number>()
      for (const record of RECORD_TYPES)
        durations[record].write((bound, value) => duration.set(keyOf(record, bound), value))
      return {
        eyeballd_dns_queries_total: queries.values(),
        eyeballd_dns_duration_seconds: duration,
        eyeballd_dns_cache_total: new Map(Object.entries(cache)),
      }
    },
  }
}
