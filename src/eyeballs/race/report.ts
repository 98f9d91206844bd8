import { roundMs } from '../../core/duration.ts'
import { formatHostPort } from '../../core/host-port.ts'
import { raceFailure } from './failure.ts'
import type { AttemptSummary, LookupSummary, RaceSummary } from './summary.ts'
import { summarise } from './summary.ts'
import type { RaceTrace } from './types.ts'

/**
 * One lookup in a `race` line. A failed lookup has `code` instead of `records`; `endMs` is null if the race
 * ended first.
 */
export type LookupRecord = {
  readonly type: 'A' | 'AAAA'
  /** Present only if the race has several names. */
  readonly host: string | undefined
  readonly startMs: number
  readonly endMs: number | null
  readonly records: number | undefined
  readonly code: string | undefined
  /** Seconds; null if the source knows no TTL. */
  readonly ttl: number | null | undefined
  readonly source: string | undefined
}

/** One attempt in a `race` line. */
export type AttemptRecord = {
  readonly n: number
  readonly address: string
  readonly family: 4 | 6
  /** Present only if the race has several ports. */
  readonly port: number | undefined
  /** Present only if history had demoted the candidate. */
  readonly demoted: true | undefined
  readonly startMs: number
  readonly endMs: number | null
  readonly outcome: AttemptSummary['outcome']
  readonly code: string | undefined
}

/**
 * The fields of a `race` line about the race itself, in output order; JSON omits undefined fields. Times
 * are milliseconds, to a tenth.
 */
export type RaceRecord = {
  readonly durationMs: number
  /** When the winner's target sent its first byte; only if that decided the race. */
  readonly confirmedMs: number | undefined
  readonly winner: {
    readonly address: string
    readonly family: 4 | 6
    readonly port: number
    readonly local: string
    /** The winner's `n` among the attempts. */
    readonly attempt: number
  } | null
  readonly dns: readonly LookupRecord[]
  readonly attempts: readonly AttemptRecord[]
  /** Known addresses that were not attempted; only if the race failed and there are some. */
  readonly untried: number | undefined
  readonly hidden: boolean
}

const roundEnd = (ms: number | null): number | null => (ms === null ? null : roundMs(ms))

const lookupRecord = (lookup: LookupSummary, named: boolean): LookupRecord => {
  const { type, host, startMs, endMs, records, code, ttl, source } = lookup
  return {
    type,
    host: named ? host : undefined,
    startMs: roundMs(startMs),
    endMs: roundEnd(endMs),
    records: code === undefined ? records : undefined,
    code,
    ttl,
    source,
  }
}

const attemptRecord = (attempt: AttemptSummary, ported: boolean): AttemptRecord => {
  const { n, address, family, port, demoted, startMs, endMs, outcome, code } = attempt
  return {
    n,
    address,
    family,
    port: ported ? port : undefined,
    demoted,
    startMs: roundMs(startMs),
    endMs: roundEnd(endMs),
    outcome,
    code,
  }
}

/**
 * The lookups of a race that took place. Of a family that is switched off, or leads nowhere on this host, the
 * resolver knows without a lookup that there is no address.
 */
export const lookupsMade = ({ dns }: Pick<RaceSummary, 'dns'>): readonly LookupSummary[] =>
  dns.filter(({ source }) => source !== 'none')

/** The summary of a race in the format of the log and of `eyeballd race --json`. */
export const raceRecord = (summary: RaceSummary): RaceRecord => {
  const { winner, confirmedMs, attempts } = summary
  const dns = lookupsMade(summary)
  const named = dns.some(({ host }) => host !== dns[0]?.host)
  const ported = attempts.some(({ port }) => port !== attempts[0]?.port)
  return {
    durationMs: roundMs(summary.durationMs),
    confirmedMs: confirmedMs === undefined ? undefined : roundMs(confirmedMs),
    winner: winner && {
      address: winner.address,
      family: winner.family,
      port: winner.port,
      local: winner.local,
      attempt: winner.n,
    },
    dns: dns.map(lookup => lookupRecord(lookup, named)),
    attempts: attempts.map(attempt => attemptRecord(attempt, ported)),
    untried: summary.untried > 0 ? summary.untried : undefined,
    hidden: summary.hidden,
  }
}

/** A race in the format of `eyeballd race --json`: the fields of the log's `race` line about the race itself. */
export type RaceReport = {
  /** `host:port`, several separated by commas. */
  readonly target: string
  readonly outcome: 'won' | 'failed' | 'aborted'
  /** Present only if the race failed; `message` is a text for people. */
  readonly error?: { readonly code: string; readonly message: string }
} & RaceRecord

/** The target of a race, from its trace. */
export const raceTarget = ({ config: { addresses = [], queries } }: RaceTrace): string => {
  const given = addresses.map(({ address, port }) => ({ host: address, port }))
  return [...new Set([...given, ...queries].map(formatHostPort))].join(',')
}

/**
 * The report of a finished race.
 *
 * @param target the requested target, if it differs from the trace's
 */
export const raceReport = (trace: RaceTrace, target = raceTarget(trace)): RaceReport => {
  const summary = summarise(trace)
  const record = raceRecord(summary)
  if (summary.winner) return { target, outcome: 'won', ...record }
  if (summary.lost === 'aborted') return { target, outcome: 'aborted', ...record }
  const { code, message } = raceFailure(summary)
  return { target, outcome: 'failed', error: { code, message }, ...record }
}
