import type { Family, RecordType } from '../../core/ip.ts'
import type { Mutable } from '../../core/mutable.ts'
import type {
  CancelReason,
  Candidate,
  LostReason,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTrace,
} from './types.ts'

/** One lookup of a race. Times are milliseconds since its start. */
export type LookupSummary = {
  readonly type: RecordType
  readonly host: string
  readonly startMs: number
  /** null if the race ended first. */
  readonly endMs: number | null
  /** Number of addresses in the answer; absent if there is a code. */
  readonly records?: number
  readonly code?: string
  /** The DNS server that the code concerns, address and port; absent if there is none or it is unknown. */
  readonly server?: string
  /** Seconds; null if the source knows no TTL. */
  readonly ttl?: number | null
  /** Absent until there is an answer; `none` if no lookup took place. */
  readonly source?: string
}

/**
 * How an attempt ended. `lost`: it connected, but another attempt carries the stream. `denied`: an access
 * rule refused it, and it was never dialled.
 */
export type AttemptOutcome = 'connected' | 'failed' | 'cancelled' | 'denied' | 'lost'

export type AttemptSummary = {
  /** Its number in the order of the starts, from 1. */
  readonly n: number
  readonly address: string
  readonly family: Family
  readonly port: number
  /** Present if history had demoted it. */
  readonly demoted?: true
  readonly startMs: number
  /** When it connected or failed; null while it is in flight. */
  readonly endMs: number | null
  readonly outcome: AttemptOutcome | null
  readonly code?: string
  readonly message?: string
  /** The number of the access rule that denied it, from 1; absent if none did. */
  readonly rule?: number
}

/** A race in a form for people and programs. */
export type RaceSummary = {
  /**
   * The duration to the end: to the winner's first byte if that decided the race. If the race waited for it
   * in vain, to the winner's connection, because an idle client does not make a race slow.
   */
  readonly durationMs: number
  /** When the winner's target sent its first byte; absent unless that decided the race. */
  readonly confirmedMs?: number
  readonly hidden: boolean
  readonly winner: (AttemptSummary & { readonly local: string }) | null
  /** null while the race is running, and if it was won. */
  readonly lost: LostReason | null
  readonly dns: readonly LookupSummary[]
  readonly attempts: readonly AttemptSummary[]
  /** Known addresses that were not attempted in a failed race; 0 in any other. */
  readonly untried: number
}

const CANCELLED: Record<
  CancelReason,
  { outcome: AttemptOutcome; code?: string; message?: string }
> = {
  won: { outcome: 'cancelled' },
  unconfirmed: { outcome: 'cancelled' },
  aborted: { outcome: 'cancelled' },
  second: { outcome: 'lost' },
  'attempt-timeout': {
    outcome: 'failed',
    code: 'ETIMEDOUT',
    message: 'no answer within the attempt timeout',
  },
  deadline: {
    outcome: 'failed',
    code: 'ETIMEDOUT',
    message: 'no answer within the connect timeout',
  },
  descriptors: {
    outcome: 'failed',
    code: 'EMFILE',
    message: 'given up before it had an answer: file descriptors were scarce',
  },
}

/** Counts the addresses of a race without an attempt; `answers` are the latest ones of each lookup. */
const countUntried = (
  answers: readonly (readonly Candidate[])[],
  { addresses = [] }: RaceConfig,
  attempts: readonly AttemptSummary[],
): number => {
  const known = [...addresses, ...answers.flat()].map(({ address, port }) => `${address} ${port}`)
  const untried = new Set(known)
  for (const { address, port } of attempts) untried.delete(`${address} ${port}`)
  return untried.size
}

/** Summarises a complete or partial trace: the result of each lookup and attempt. */
export const summarise = (trace: RaceTrace): RaceSummary => {
  const dns: Mutable<LookupSummary>[] = []
  const attempts: Mutable<AttemptSummary>[] = []
  let winner: Mutable<AttemptSummary & { local: string }> | null = null
  let lost = null as LostReason | null
  let hidden = false
  let endMs = null as number | null
  let confirmedMs: number | undefined
  const begin = trace.entries[0]?.at ?? 0
  const locals = new Map<number, string>()
  const answers: (readonly Candidate[])[] = []

  const onWinner = (
    command: { readonly id: number; readonly hidden: boolean },
    ms: number,
  ): void => {
    const attempt = attempts[command.id - 1]
    if (attempt) {
      // Field by field, for the reason given at `copyCandidate`.
      const { n, address, family, port, startMs, endMs: connectedMs, outcome } = attempt
      const local = locals.get(command.id) ?? ''
      winner = { n, address, family, port, startMs, endMs: connectedMs, outcome, local }
      if (attempt.demoted) winner.demoted = attempt.demoted
    }
    hidden = command.hidden
    endMs = ms
  }

  const onCommand = (command: RaceCommand, ms: number): void => {
    switch (command.type) {
      case 'resolve':
        dns[command.id] = { type: command.record, host: command.host, startMs: ms, endMs: null }
        return
      case 'connect': {
        const { id, address, family, port, demoted } = command
        const attempt: Mutable<AttemptSummary> = {
          n: id,
          address,
          family,
          port,
          startMs: ms,
          endMs: null,
          outcome: null,
        }
        if (demoted) attempt.demoted = demoted
        attempts[id - 1] = attempt
        return
      }
      case 'cancel': {
        const attempt = attempts[command.id - 1]
        if (!attempt) return
        const superseded = attempt.outcome === 'connected' && command.reason !== 'aborted'
        if (superseded) attempt.outcome = 'lost'
        else Object.assign(attempt, { endMs: ms }, CANCELLED[command.reason])
        return
      }
      case 'won':
        // This win is provisional: `joined` names the attempt that carries the stream.
        if (command.provisional === true) return
        return onWinner(command, ms)
      case 'joined':
        return onWinner(command, confirmedMs ?? attempts[command.id - 1]?.endMs ?? ms)
      case 'lost':
        lost = command.reason
        endMs = ms
        return
      case 'greet':
      case 'wake-at':
    }
  }

  const onEvent = (event: RaceEvent, ms: number): void => {
    switch (event.type) {
      case 'resolved':
      case 'resolve-failed': {
        const lookup = dns[event.id]
        if (endMs === null) answers[event.id] = event.type === 'resolved' ? event.candidates : []
        // A later answer to the same lookup does not change when and how it was answered.
        if (!lookup || endMs !== null || lookup.endMs !== null) return
        lookup.endMs = ms
        lookup.source = event.source
        if (event.type === 'resolve-failed') {
          lookup.code = event.code
          if (event.server !== undefined) lookup.server = event.server
        } else {
          lookup.records = event.candidates.length
          lookup.ttl = event.ttl ?? null
        }
        return
      }
      case 'connected':
      case 'connect-failed': {
        const attempt = attempts[event.id - 1]
        // A connected attempt may be closed while the race is running.
        const open = attempt?.outcome === 'connected' && endMs === null
        if (!attempt || (attempt.outcome !== null && !open)) return
        attempt.endMs = ms
        if (event.type === 'connected') {
          attempt.outcome = 'connected'
          locals.set(event.id, event.local)
        } else {
          attempt.outcome = event.denied === true ? 'denied' : 'failed'
          attempt.code = event.code
          attempt.message = event.message
          if (event.rule !== undefined) attempt.rule = event.rule
        }
        return
      }
      case 'confirmed':
        if (endMs === null) confirmedMs = ms
        return
      case 'deferred':
        // The attempt was not started; a retry has the same number.
        if (endMs === null) attempts.length = event.id - 1
        return
      case 'wake':
      case 'aborted':
      case 'scarce':
      case 'hello':
      case 'not-hello':
    }
  }

  for (const entry of trace.entries) {
    const ms = entry.at - begin
    if ('event' in entry) onEvent(entry.event, ms)
    else onCommand(entry.command, ms)
  }
  const durationMs = endMs ?? (trace.entries.at(-1)?.at ?? begin) - begin
  const hasFailed = lost !== null && lost !== 'aborted'
  const untried = hasFailed ? countUntried(answers, trace.config, attempts) : 0
  const summary = { durationMs, hidden, winner, lost, dns, attempts, untried }
  return confirmedMs === undefined ? summary : { ...summary, confirmedMs }
}
