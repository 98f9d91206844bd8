import type { constants } from 'node:os'
import { roundMs } from '../core/duration.ts'
import { fail, failWithCode } from '../core/fail.ts'
import type { RaceFailure } from '../eyeballs/race/failure.ts'
import { lookupText, raceFailure } from '../eyeballs/race/failure.ts'
import type { AttemptSummary, LookupSummary, RaceSummary } from '../eyeballs/race/summary.ts'
import { lookupsMade } from '../eyeballs/race/report.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { LookupCode } from '../resolver/types.ts'

/**
 * The `code` of every error that this library creates. Errors from elsewhere keep their own codes: a
 * signal's reason, what `onTrace` or a socket factory threw, and the errors of Node's TLS.
 */
export type ErrorCode =
  /** An argument is invalid; the error is a TypeError or a RangeError. */
  | 'ERR_INVALID_ARG'
  /** The attempts of a race failed for different reasons; the error is a RaceError. */
  | 'ERR_RACE_FAILED'
  /**
   * The error of an attempt: a socket factory threw a value without a code, or did not return an
   * unconnected socket.
   */
  | 'ERR_SOCKET_FACTORY'
  /** The connection pool is closed. */
  | 'ERR_POOL_CLOSED'
  /** A bug in this library. */
  | 'ERR_BUG'
  /** A lookup failed. */
  | LookupCode
  /** The system's error for a connection, such as `ECONNREFUSED`. */
  | keyof typeof constants.errno

/** One lookup of a failed race, as in the log but always with its host; times are milliseconds, to a tenth. */
export type RaceErrorLookup = LookupSummary & {
  /** Present if there is a `code`. */
  readonly error?: Error
}

/** One attempt of a failed race, as in the log but always with its port; times are milliseconds, to a tenth. */
export type RaceErrorAttempt = Omit<AttemptSummary, 'message'> & {
  /** Present if there is a `code`: the system's error, or the one that a socket factory threw. */
  readonly error?: Error
}

/** The error of a race without a winner. `isRaceError` distinguishes it from other errors. */
export type RaceError = Error & {
  readonly name: 'RaceError'
  /**
   * The errno that all attempts share; ENOTFOUND and similar if there was nothing to try; ETIMEDOUT if
   * `timeoutMs` passed; else ERR_RACE_FAILED. The code of a socket factory's own error is kept, too.
   */
  readonly code: ErrorCode | (string & {})
  /** The host and port passed to `connect`; null from `startConnection`, and if `connect` got none. */
  readonly host: string | null
  readonly port: number | null
  readonly dns: readonly RaceErrorLookup[]
  /** In the order of their starts. */
  readonly attempts: readonly RaceErrorAttempt[]
  /** The first attempt's error, or the first lookup's if there was no attempt. */
  readonly cause?: unknown
}

type Failed = Extract<DialResult<never>, { outcome: 'failed' }>

/** Rounds times as the log does: timers are no more precise than a tenth of a millisecond. */
const rounded = <T extends { readonly startMs: number; readonly endMs: number | null }>(
  part: T,
): T => ({
  ...part,
  startMs: roundMs(part.startMs),
  endMs: part.endMs === null ? null : roundMs(part.endMs),
})

const lookups = (dns: readonly LookupSummary[]): RaceErrorLookup[] =>
  dns.map(lookup => {
    const { code, host, type } = lookup
    if (code === undefined) return rounded(lookup)
    const message = `lookup of ${type} for ${host}: ${lookupText(lookup)}`
    return { ...rounded(lookup), error: failWithCode(code, message) }
  })

const attemptsOf = (
  { attempts }: RaceSummary,
  errors: ReadonlyMap<number, Error>,
): RaceErrorAttempt[] =>
  attempts.map(({ message, ...attempt }) => {
    const { code, n } = attempt
    if (code === undefined) return rounded(attempt)
    return { ...rounded(attempt), error: errors.get(n) ?? failWithCode(code, message ?? code) }
  })

/** The text that all attempts share, else the texts of all attempts in order, as in their own errors. */
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

/** The error of a race without a winner: always a new error, with its parts. */
export const createRaceError = (
  { trace, reason, errors }: Omit<Failed, 'outcome'>,
  { host, port }: { readonly host: string | null; readonly port: number | null },
): RaceError => {
  const summary = summarise(trace)
  const failure = raceFailure(summary)
  const dns = lookups(lookupsMade(summary))
  const attempts = attemptsOf(summary, errors)
  const cause = [...attempts, ...dns].find(({ error }) => error)?.error
  const message = messageOf(attempts, failure, host)
  const error = fail('ERR_RACE_FAILED', message, { host, port, dns, attempts }, cause)
  const code = reason === 'deadline' ? 'ETIMEDOUT' : failure.code
  Object.assign(error, { code })
  // Not enumerable, as the names of errors are, so that a log does not print it among the fields.
  return Object.defineProperty(error, 'name', {
    value: 'RaceError',
    configurable: true,
  }) as RaceError
}

/** Whether a thrown value means that a race had no winner; false for the reason of an abort. */
export const isRaceError = (error: unknown): error is RaceError =>
  error instanceof Error &&
  error.name === 'RaceError' &&
  'attempts' in error &&
  Array.isArray(error.attempts) &&
  'dns' in error &&
  Array.isArray(error.dns)
