import type { constants } from 'node:os'
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
