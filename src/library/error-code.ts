import type { constants } from 'node:os'
import type { LookupCode } from '../resolver/types.ts'

/**
 * The `code` of every error that this library makes. Errors of a caller's own (a signal's reason, what
 * `onTrace` or a socket factory threw) and those of Node's TLS keep the codes that they have.
 */
export type ErrorCode =
  /** An argument makes no sense; a TypeError or a RangeError. */
  | 'ERR_INVALID_ARG'
  /** A race whose attempts failed for different reasons; a RaceError. */
  | 'ERR_RACE_FAILED'
  /** A socket factory threw something without a code, or returned no unconnected socket; of an attempt. */
  | 'ERR_SOCKET_FACTORY'
  /** The connection pool is closed. */
  | 'ERR_POOL_CLOSED'
  /** A fault of this library. */
  | 'ERR_BUG'
  /** A lookup that failed. */
  | LookupCode
  /** What the system says of a connection, such as `ECONNREFUSED`. */
  | keyof typeof constants.errno
