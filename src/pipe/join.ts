import type { StreamSocket } from '../core/stream-socket.ts'
import type { KeptTargets } from './kept-targets.ts'

/** The engine that moved the bytes. */
export type PipeEngine = 'stream' | 'splice'

/** Why a pipe ended; the `reason` of the log's `close` line. */
export type PipeReason =
  /** Both sides sent FIN. */
  | 'eof'
  | 'client-reset'
  | 'target-reset'
  /** No byte moved in either direction for `idleTimeoutMs`. */
  | 'idle'
  /** One side had closed and the other was silent for `halfCloseTimeoutMs`. */
  | 'half-close'
  /** The daemon is stopping and its drain time has passed. */
  | 'drain'
  | 'error'

export type PipeResult = {
  /** Bytes from the client that the target's socket accepted. */
  readonly bytesUp: number
  /** Bytes from the target that the client's socket accepted. */
  readonly bytesDown: number
  readonly reason: PipeReason
  readonly engine: PipeEngine
}

export type PipeOptions = {
  /** Milliseconds without a byte in either direction after which the pipe ends; above 0. */
  readonly idleTimeoutMs: number
  /** Milliseconds that a half-closed pipe may be silent; above 0. */
  readonly halfCloseTimeoutMs: number
  /**
   * Bytes that the client sent before the target was connected. The pipe sends them first, once, and counts
   * them in `bytesUp`.
   */
  readonly early?: Uint8Array
  /**
   * Client bytes that were written to the target before the pipe began. They only count in `bytesUp`. 0 by
   * default.
   */
  readonly sentBytes?: number
  /** The client sent FIN before the pipe began. The target gets FIN after the early bytes. */
  readonly clientEnded?: boolean
}

/** A running pipe. */
export type Pipe = {
  /** Ends it at once, with reason `drain`. A second call, or one after the pipe's end, does nothing. */
  readonly end: () => void
  /** The bytes so far, as its result will count them. Not to be called once `done` was called. */
  readonly bytesUp: () => number
  readonly bytesDown: () => number
}

/**
 * Joins two connected, paused sockets until both directions have ended. The pipe owns both sockets: nobody
 * else may read, write or close them. It takes a callback and no promise or signal, because there may be
 * thousands of pipes, which last for days.
 *
 * @param done called once, when the pipe has ended and both sockets are closed; never before `Join` has
 *   returned
 */
export type Join = (
  client: StreamSocket,
  upstream: StreamSocket,
  options: PipeOptions,
  done: (result: PipeResult) => void,
) => Pipe

/** Adds the target of each pipe of `inner` to those that get keepalive. */
export const createKeptAliveJoin =
  (inner: Join, keptTargets: KeptTargets): Join =>
  (client, upstream, options, done) => {
    // A pipe calls `done` later, never at once.
    const pipe = inner(client, upstream, options, result => {
      keptTargets.remove(added)
      done(result)
    })
    // Only now: an inner join that throws has started no pipe.
    const added = keptTargets.add(upstream)
    return pipe
  }

/** A `Join` and the number of its open pipes. */
export type CountedJoin = { readonly join: Join; readonly open: () => number }

/** Counts the open pipes of `inner`. */
export const createCountedJoin = (inner: Join): CountedJoin => {
  let open = 0
  return {
    join: (client, upstream, options, done) => {
      const pipe = inner(client, upstream, options, result => {
        open--
        done(result)
      })
      // A join that throws has opened no pipe, and no pipe ends before `inner` returns.
      open++
      return pipe
    },
    open: () => open,
  }
}
