/** The codes that are eyeballd's own. Codes of the system (`ECONNREFUSED`) keep their names. */
export type FailCode =
  | 'ERR_ACCESS_DENIED'
  | 'ERR_BUG'
  | 'ERR_CONFIG'
  | 'ERR_ENGINE'
  | 'ERR_INVALID_ADDRESS'
  | 'ERR_INVALID_ARG'
  | 'ERR_INVALID_DURATION'
  | 'ERR_INVALID_NAME'
  | 'ERR_LOOP'
  | 'ERR_OPEN_FILES'
  | 'ERR_POOL_CLOSED'
  | 'ERR_RACE_FAILED'
  | 'ERR_SOCKET_FACTORY'
  | 'ERR_SOCKS_ADDRESS'
  | 'ERR_SOCKS_ADDRESS_TYPE'
  | 'ERR_SOCKS_AUTH'
  | 'ERR_SOCKS_COMMAND'
  | 'ERR_SOCKS_MALFORMED'
  | 'ERR_SOCKS_VERSION'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'ECONNABORTED'
  | 'ECONNRESET'
  | 'ETIMEDOUT'

/** An error as eyeballd makes them: what a program needs is in `code` and the facts beside it. */
export type Failure<Facts extends object = object> = Error & {
  readonly code: string
} & Readonly<Facts>

/** The classes of errors: the library's arguments have the two that JavaScript has for its own. */
type ErrorClass = typeof Error | typeof TypeError | typeof RangeError

/**
 * The one way to make an error. eyeballd defines no classes of errors: callers narrow by `code`.
 *
 * @param code what happened, for programs
 * @param message what was found, where, and what is allowed, for people
 * @param facts the parts of the message as values; they become fields of the error
 * @param cause the error that led here, kept whole
 * @param Class Error by default
 */
export const fail = <Facts extends object = object>(
  code: FailCode,
  message: string,
  facts?: Facts,
  cause?: unknown,
  Class: ErrorClass = Error,
): Failure<Facts> =>
  Object.assign(new Class(message, cause === undefined ? {} : { cause }), {
    ...facts,
    code,
  }) as Failure<Facts>

/** The code of something that was thrown; `ERR_BUG` where it has none, since every error that is meant to happen has one. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'ERR_BUG'

/** What was thrown, as an error; what is none becomes the message of one. */
export const errorOf = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown))

/**
 * Retells an error of the system for people. The new one keeps the code and has the old one as its cause.
 *
 * @param message what was found, where, and what is allowed
 */
export const failFrom = <Facts extends object = object>(
  cause: unknown,
  message: string,
  facts?: Facts,
): Failure<Facts> => Object.assign(fail('ERR_BUG', message, facts, cause), { code: codeOf(cause) })
