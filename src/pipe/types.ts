import type { StreamSocket } from '../core/stream-socket.ts'

/** Which machinery moved the bytes. */
export type PipeEngine = 'stream' | 'splice'

/** Why a pipe ended; the words of the log's `close` line. */
export type PipeReason =
  /** Both sides closed in order. */
  | 'eof'
  | 'client-reset'
  | 'target-reset'
  /** Nothing moved either way for `idleTimeoutMs`. */
  | 'idle'
  /** One side had closed and the other was silent for `halfCloseTimeoutMs`. */
  | 'half-close'
  /** The daemon is stopping and its drain time is over. */
  | 'drain'
  | 'error'

export type PipeResult = {
  /** Bytes from the client that the target's socket took. */
  readonly bytesUp: number
  /** Bytes from the target that the client's socket took. */
  readonly bytesDown: number
  readonly reason: PipeReason
  readonly engine: PipeEngine
}

export type PipeOptions = {
  /** Milliseconds without a byte in either direction after which the pipe ends; above 0. */
  readonly idleTimeoutMs: number
  /** Milliseconds that a half-closed pipe may be silent; above 0. */
  readonly halfCloseTimeoutMs: number
  /** Bytes that the client sent before the target was connected: they go first, once, and count in `bytesUp`. */
  readonly early?: Uint8Array
  /** Bytes of the client that were written to the target before the pipe began: they only count in `bytesUp`. None by default. */
  readonly sentBytes?: number
  /** The client had already closed its side when the pipe began: the target gets FIN after the early bytes. */
  readonly clientEnded?: boolean
}

/** Ends a pipe at once, with reason `drain`. Called again, or after the pipe's end, it does nothing. */
export type EndPipe = () => void

/**
 * Joins two connected, paused sockets until both directions have ended. Both sockets become the
 * pipe's: nobody else may read, write or close them. There is neither promise nor signal in it: a
 * pipe may be one of many thousand, and last for days.
 *
 * @param done called once, when it is over and both sockets are gone; never before `Join` has returned
 */
export type Join = (
  client: StreamSocket,
  upstream: StreamSocket,
  options: PipeOptions,
  done: (result: PipeResult) => void,
) => EndPipe
