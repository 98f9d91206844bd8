/** eyeballd's own error codes. Errors of the system keep theirs, such as `ECONNREFUSED`. */
export type FailCode =
  | 'ERR_ACCESS_DENIED'
  | 'ERR_ADMIN'
  | 'ERR_BUG'
  | 'ERR_CONFIG'
  | 'ERR_EGRESS'
  | 'ERR_ENGINE'
  | 'ERR_HTTP_AUTH'
  | 'ERR_HTTP_BODY'
  | 'ERR_HTTP_HEAD'
  | 'ERR_HTTP_HEAD_SIZE'
  | 'ERR_HTTP_METHOD'
  | 'ERR_HTTP_SCHEME'
  | 'ERR_HTTP_TARGET'
  | 'ERR_HTTP_VERSION'
  | 'ERR_INVALID_ADDRESS'
  | 'ERR_INVALID_ARG'
  | 'ERR_INVALID_DURATION'
  | 'ERR_INVALID_NAME'
  | 'ERR_LOOP'
  | 'ERR_NOT_APPLIED'
  | 'ERR_OPEN_FILES'
  | 'ERR_PASSED_SOCKET'
  | 'ERR_POOL_CLOSED'
  | 'ERR_PROCESS_LOST'
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
  | 'EFBIG'
  | 'ETIMEDOUT'

/** An error made by eyeballd: `code` and the added fields are for programs. */
export type Failure<Facts extends object = object> = Error & {
  readonly code: string
} & Readonly<Facts>

/** The classes of errors: the library throws TypeError and RangeError for invalid arguments. */
type ErrorClass = typeof Error | typeof TypeError | typeof RangeError

/**
 * Creates every error of eyeballd. There are no error classes of its own: callers distinguish errors by
 * `code`.
 *
 * @param code what happened, for programs
 * @param message what was found, where, and what is allowed, for people
 * @param facts the parts of the message as values; they become fields of the error
 * @param cause the error that caused this one, unchanged
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

/** Creates an error as `fail` does, with a code of the system, of Node, or from another process. */
export const failWithCode = <Facts extends object = object>(
  code: string,
  message: string,
  facts?: Facts,
  cause?: unknown,
): Failure<Facts> => fail(code as FailCode, message, facts, cause)

/** The code of a thrown value. Every expected error has a code, so `ERR_BUG` stands for a missing one. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'ERR_BUG'

/** The thrown value as an error; any other value becomes the message of one. */
export const errorOf = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown))

/**
 * Wraps an error of the system in one with a message for people. The new error has the same code, and the
 * old error as its cause.
 *
 * @param message what was found, where, and what is allowed
 */
export const failFrom = <Facts extends object = object>(
  cause: unknown,
  message: string,
  facts?: Facts,
): Failure<Facts> => failWithCode(codeOf(cause), message, facts, cause)
