import type { Config } from '../../config/types.ts'
import type { Failure } from '../../core/fail.ts'
import { codeOf, errorOf, failWithCode } from '../../core/fail.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import type { DaemonEvent } from '../../log/types.ts'
import type { Answer, Question } from './questions.ts'
import type { Snapshot } from '../../metrics/snapshot.ts'

/** An error in the form that is sent between processes: serialization would drop an `Error`'s code. */
export type SerializedError = { readonly code: string; readonly message: string }

export const serializeError = (error: unknown): SerializedError => ({
  code: codeOf(error),
  message: errorOf(error).message,
})

/** The error that another process sent, with the same code and message. */
export const deserializeError = ({ code, message }: SerializedError): Failure =>
  failWithCode(code, message)

/** The request of a worker to listen on an address. */
export type ListenRequest = {
  readonly address: SocketAddress
  /** True for SO_REUSEPORT; false for a handle that the primary shares. */
  readonly reusePort: boolean
  /** Mode of a UNIX socket. */
  readonly mode: number
  /** Group of a UNIX socket; null leaves the process's own. */
  readonly group: string | number | null
}

/** Where the worker listens, or why it cannot. */
export type ListenAnswer =
  | {
      readonly address: SocketAddress
      /** The temporary path at which a UNIX socket is bound; the primary moves it to its final path. */
      readonly boundAs: string | null
    }
  | { readonly error: SerializedError }

/** Whether a worker can apply a configuration: the error, or null. */
export type Prepared = { readonly error: SerializedError | null }

/**
 * How the worker applied a configuration: its error, and the daemon's events, which the primary logs once
 * for all workers.
 */
export type Applied = {
  readonly error: SerializedError | null
  readonly events: readonly DaemonEvent[]
  /** How many addresses of the configuration in force are not open. */
  readonly lost: number
}

/** Messages from the primary to a worker. */
export type ToWorker =
  /** The first `apply` starts the worker's daemon; each later one is a reload. The worker only prepares it. */
  | {
      readonly type: 'apply'
      readonly config: Config
      readonly idSuffix: string
      /** An address that cannot be opened counts as lost, not as an error. */
      readonly lenient: boolean
    }
  /** Whether to apply the prepared configuration or to return to the previous one. */
  | { readonly type: 'decided'; readonly commit: boolean }
  | { readonly type: 'drain' }
  /** Ends all connections at once, after `drain`. */
  | { readonly type: 'end' }
  | { readonly type: 'count' }
  /** For the admin endpoint. */
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** Nobody waits for the answer any more. */
  | { readonly type: 'leave'; readonly id: number }
  | { readonly type: 'reserved'; readonly id: number; readonly answer: ListenAnswer }
  | { readonly type: 'placed'; readonly id: number; readonly error: SerializedError | null }

/** Messages from a worker to the primary. */
export type FromWorker =
  /** The worker listens for messages from now on; earlier messages are lost. */
  | { readonly type: 'ready' }
  /** The answer to `apply`. */
  | ({ readonly type: 'prepared' } & Prepared)
  /** The answer to `decided`, or to `apply` if the worker could not start to prepare. */
  | ({ readonly type: 'applied' } & Applied)
  /** The answer to `drain`: the worker accepts no more connections. */
  | { readonly type: 'draining' }
  /** The answer to `count`. */
  | { readonly type: 'counted'; readonly metrics: Snapshot }
  /** The answer to `ask`. */
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  /** What it has counted; sent when something has happened, at most once a second, and before it ends. */
  | { readonly type: 'metrics'; readonly metrics: Snapshot }
  | { readonly type: 'reserve'; readonly id: number; readonly request: ListenRequest }
  /** A UNIX socket is bound and listens: the primary may move it to its final path. */
  | { readonly type: 'place'; readonly id: number; readonly address: SocketAddress }
  /** The worker no longer listens there. */
  | { readonly type: 'release'; readonly address: SocketAddress }
