import type { Config } from '../../config/types.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import type { DaemonEvent } from '../../log/types.ts'
import type { PipeEngine } from '../../pipe/types.ts'

/** What a process has done and is doing. Those of several processes can be summed. */
export type Counters = {
  /** Connections that are open. */
  readonly connections: number
  /** Connections that were accepted since the process began, those that were turned away too. */
  readonly accepted: number
  /** Bytes from clients to targets, and back: all that the kernel has moved, and by streams those of connections that have ended. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Pipes that are open, by the engine that moves their bytes. */
  readonly pipes: Readonly<Record<PipeEngine, number>>
}

/** An error on its way between processes: an `Error` would lose its code there. */
export type ToldError = { readonly code: string; readonly message: string }

/** What a worker asks before it listens. */
export type HoldQuestion = {
  readonly address: ListenAddress
  /** Whether it will listen by SO_REUSEPORT; else by a handle that the primary shares. */
  readonly reusePort: boolean
  /** Of a UNIX socket. */
  readonly mode: number
  /** Of a UNIX socket; null leaves the process's own. */
  readonly group: string | number | null
}

/** Where a worker is to listen, or why it must not. */
export type HoldAnswer =
  | {
      readonly address: ListenAddress
      /** Of a UNIX socket: the name under which it is bound; the primary gives it its place. */
      readonly boundAs: string | null
    }
  | { readonly error: ToldError }

/** Whether a worker can take a configuration: why not, or null. */
export type Prepared = { readonly error: ToldError | null }

/** How a configuration was taken: why it was not, and what the daemon had to say, for the primary to log once for all. */
export type Applied = {
  readonly error: ToldError | null
  readonly notices: readonly DaemonEvent[]
  /** How many addresses of what is in force are not open. */
  readonly lost: number
}

/** What the primary says to a worker. */
export type ToWorker =
  /** The first one starts the worker's daemon; each later one is a reload. The worker only prepares it. */
  | {
      readonly type: 'apply'
      readonly config: Config
      readonly idSuffix: string
      /** An address that cannot be opened is lost, and no error. */
      readonly lenient: boolean
    }
  /** What to do with a configuration that is prepared: put it in force, or go back. */
  | { readonly type: 'decided'; readonly commit: boolean }
  | { readonly type: 'drain' }
  /** End all connections at once, after `drain`. */
  | { readonly type: 'end' }
  | { readonly type: 'count' }
  | { readonly type: 'held'; readonly id: number; readonly answer: HoldAnswer }
  | { readonly type: 'placed'; readonly id: number; readonly error: ToldError | null }

/** What a worker says to the primary. */
export type FromWorker =
  /** It hears: what was said before is lost. */
  | { readonly type: 'ready' }
  /** The answer to `apply`. */
  | ({ readonly type: 'prepared' } & Prepared)
  /** The answer to `decided`; to `apply` where the worker could not even begin. */
  | ({ readonly type: 'applied' } & Applied)
  /** The answer to `drain`: it accepts no more. */
  | { readonly type: 'draining' }
  /** The answer to `count`. */
  | { readonly type: 'counted'; readonly counters: Counters }
  /** Connections that are open; said at most once a second, where they have changed. */
  | { readonly type: 'load'; readonly connections: number }
  | { readonly type: 'hold'; readonly id: number; readonly question: HoldQuestion }
  /** A UNIX socket is bound and listened on: it may have its place. */
  | { readonly type: 'place'; readonly id: number; readonly address: ListenAddress }
  /** The worker does not listen there any more. */
  | { readonly type: 'release'; readonly address: ListenAddress }
