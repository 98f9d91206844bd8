import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { ConnectOptions } from '../connect.ts'

/** The target of a pool, how it races, and how many connections it keeps. */
export type ConnectionPoolOptions = Omit<ConnectOptions, 'signal'> & {
  /** Maximum number of connections, those in use, idle ones and running races included; 1 or more, 10 by default. */
  readonly max?: number | undefined
  /**
   * Milliseconds, 0 to 2,147,483,647, after which an idle connection is closed; 30,000 by default. Null: it
   * stays open until the target closes it.
   */
  readonly idleTimeoutMs?: number | null | undefined
}

export type Pool = {
  readonly acquire: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Socket>
  readonly release: (socket: Socket, options?: { readonly destroy?: boolean | undefined }) => void
  readonly close: () => Promise<void>
  /** Open connections and running races. */
  readonly size: () => number
  /** Idle connections. */
  readonly idle: () => number
  /** Pending calls of `acquire`. */
  readonly waiting: () => number
}

export type ConnectionPoolParts = {
  readonly connect: (options: ConnectOptions) => Promise<Socket>
  /** Its timers must not keep the process alive. */
  readonly clock: Clock
}
