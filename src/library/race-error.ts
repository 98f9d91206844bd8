import { roundMs } from '../core/duration.ts'
import { fail } from '../core/fail.ts'
import { lookupText } from '../eyeballs/race/failure-text.ts'
import type { RaceFailure } from '../eyeballs/race/failure.ts'
import { raceFailure } from '../eyeballs/race/failure.ts'
import type { AttemptSummary, LookupSummary, RaceSummary } from '../eyeballs/race/summary.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { ErrorCode } from './error-code.ts'

/** One lookup of a race that failed, as the log shows it, always with its host; its times are milliseconds to a tenth. */
export type RaceErrorLookup = LookupSummary & {
  /** Where it has a `code`. */
  readonly error?: Error
}

/** One attempt of a race that failed, as the log shows it, always with its port; its times are milliseconds to a tenth. */
export type RaceErrorAttempt = Omit<AttemptSummary, 'message'> & {
  /** Where it has a `code`: the system's own error, or the one that a socket factory threw. */
  readonly error?: Error
}

/** How a race ends that nobody won. `isRaceError` tells it from other errors. */
export type RaceError = Error & {
  readonly name: 'RaceError'
  /**
   * The errno that all attempts share; ENOTFOUND and the like where there was nothing to try; ETIMEDOUT
   * where `timeoutMs` was over; else ERR_RACE_FAILED. A code of a socket factory's own is kept, too.
   */
  readonly code: ErrorCode | (string & {})
  /** What `connect` was asked for; null from `startConnection`, and where `connect` was not told. */
  readonly host: string | null
  readonly port: number | null
  readonly dns: readonly RaceErrorLookup[]
  /** In the order in which they were started. */
  readonly attempts: readonly RaceErrorAttempt[]
  /** The first attempt's error; the first lookup's where there was no attempt. */
  readonly cause?: unknown
}

type Failed = Extract<DialResult<never>, { outcome: 'failed' }>

/** Times as the log has them: finer than a tenth, a timer says nothing. */
const rounded = <T extends { readonly startMs: number; readonly endMs: number | null }>(
  part: T,
): T => ({
  ...part,
  startMs: roundMs(part.startMs),
  endMs: part.endMs === null ? null : roundMs(part.endMs),
})

const withCode = (code: string, message: string): Error =>
  Object.assign(fail('ERR_RACE_FAILED', message), { code })

const lookups = ({ dns }: RaceSummary): RaceErrorLookup[] =>
  dns.map(lookup => {
    const { code, host, type } = lookup
    if (code === undefined) return rounded(lookup)
    const message = `lookup of ${type} for ${host}: ${lookupText(lookup)}`
    return { ...rounded(lookup), error: withCode(code, message) }
  })

const attemptsOf = (
  { attempts }: RaceSummary,
  errors: ReadonlyMap<number, Error>,
): RaceErrorAttempt[] =>
  attempts.map(({ message, ...attempt }) => {
    const { code, n } = attempt
    if (code === undefined) return rounded(attempt)
    return { ...rounded(attempt), error: errors.get(n) ?? withCode(code, message ?? code) }
  })

/** The one text that all attempts share, else all of them in their order, each as its own error has it. */
const messageOf = (
  attempts: readonly RaceErrorAttempt[],
  { message }: RaceFailure,
  host: string | null,
): string => {
  const texts = attempts.flatMap(({ error }) => error?.message ?? [])
  const [first] = texts
  if (first === undefined) return host === null ? message : `${host}: ${message}`
  return texts.every(text => text === first) ? first : `Multiple exceptions: ${texts.join(', ')}`
}

/** What a call rejects with where its race had no winner: always a new error, its parts kept. */
export const createRaceError = (
  { trace, reason, errors }: Omit<Failed, 'outcome'>,
  { host, port }: { readonly host: string | null; readonly port: number | null },
): RaceError => {
  const summary = summarise(trace)
  const failure = raceFailure(summary)
  const dns = lookups(summary)
  const attempts = attemptsOf(summary, errors)
  const cause = [...attempts, ...dns].find(({ error }) => error)?.error
  const message = messageOf(attempts, failure, host)
  const error = fail('ERR_RACE_FAILED', message, { host, port, dns, attempts }, cause)
  const code = reason === 'deadline' ? 'ETIMEDOUT' : failure.code
  Object.assign(error, { code })
  // As the names of errors are: not among the fields that a log would print.
  return Object.defineProperty(error, 'name', {
    value: 'RaceError',
    configurable: true,
  }) as RaceError
}

/** Whether something that was thrown says that a race had no winner; false for the reason of an abort. */
export const isRaceError = (error: unknown): error is RaceError =>
  error instanceof Error &&
  error.name === 'RaceError' &&
  'attempts' in error &&
  Array.isArray(error.attempts) &&
  'dns' in error &&
  Array.isArray(error.dns)
