import type { RaceSummary, AttemptSummary, LookupSummary } from '../eyeballs/race/summary.ts'

/** One lookup in a `race` line; `code` stands in place of `records` where it failed, `endMs` is null where the race ended first. */
export type LookupRecord = {
  readonly type: 'A' | 'AAAA'
  /** Only where the race has several names. */
  readonly host?: string
  readonly startMs: number
  readonly endMs: number | null
  readonly records?: number
  readonly code?: string
  /** Seconds; null where the source knows none. */
  readonly ttl?: number | null
  readonly source?: string
}

/** One attempt in a `race` line. */
export type AttemptRecord = {
  readonly n: number
  readonly address: string
  readonly family: 4 | 6
  /** Only where the race has several ports. */
  readonly port?: number
  /** Only where history had moved it back. */
  readonly demoted?: true
  readonly startMs: number
  readonly endMs: number | null
  readonly outcome: AttemptSummary['outcome']
  readonly code?: string
}

/** What a `race` line says of the race itself, in its order. Times are milliseconds, to a tenth. */
export type RaceRecord = {
  readonly durationMs: number
  /** When the winner's target had sent its first byte; only where the race was decided by that. */
  readonly confirmedMs?: number
  readonly winner: {
    readonly address: string
    readonly family: 4 | 6
    readonly port: number
    readonly local: string
    /** Its `n` among the attempts. */
    readonly attempt: number
  } | null
  readonly dns: readonly LookupRecord[]
  readonly attempts: readonly AttemptRecord[]
  readonly hidden: boolean
}

/** Milliseconds to a tenth: finer than that, a timer says nothing. */
export const roundMs = (ms: number): number => Math.round(ms * 10) / 10

const roundEnd = (ms: number | null): number | null => (ms === null ? null : roundMs(ms))

const several = (values: readonly unknown[]): boolean => new Set(values).size > 1

const lookupRecord = (lookup: LookupSummary, named: boolean): LookupRecord => {
  const { type, host, startMs, endMs, records, code, ttl, source } = lookup
  return {
    type,
    ...(named && { host }),
    startMs: roundMs(startMs),
    endMs: roundEnd(endMs),
    ...(code === undefined ? records !== undefined && { records } : { code }),
    ...(ttl !== undefined && { ttl }),
    ...(source !== undefined && { source }),
  }
}

const attemptRecord = (attempt: AttemptSummary, ported: boolean): AttemptRecord => {
  const { n, address, family, port, demoted, startMs, endMs, outcome, code } = attempt
  return {
    n,
    address,
    family,
    ...(ported && { port }),
    ...(demoted && { demoted }),
    startMs: roundMs(startMs),
    endMs: roundEnd(endMs),
    outcome,
    ...(code !== undefined && { code }),
  }
}

/** The summary of a race in the shape that the log, and `eyeballd race --json`, show it in. */
export const raceRecord = (summary: RaceSummary): RaceRecord => {
  const { winner, confirmedMs } = summary
  const named = several(summary.dns.map(({ host }) => host))
  const ported = several(summary.attempts.map(({ port }) => port))
  return {
    durationMs: roundMs(summary.durationMs),
    ...(confirmedMs !== undefined && { confirmedMs: roundMs(confirmedMs) }),
    winner: winner && {
      address: winner.address,
      family: winner.family,
      port: winner.port,
      local: winner.local,
      attempt: winner.n,
    },
    dns: summary.dns.map(lookup => lookupRecord(lookup, named)),
    attempts: summary.attempts.map(attempt => attemptRecord(attempt, ported)),
    hidden: summary.hidden,
  }
}
