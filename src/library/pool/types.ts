import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { ConnectOptions } from '../connect.ts'

/** Where a pool connects to, how it races, and how much it keeps. */
export type ConnectionPoolOptions = Omit<ConnectOptions, 'signal'> & {
  /** Connections open at a time, lent ones, idle ones and races under way counted; 1 or more, 10 by default. */
  readonly max?: number | undefined
  /**
   * Milliseconds, 0 to 2,147,483,647, after which a connection that nobody uses is closed; 30,000 by
   * default. Null: it is kept for as long as its target lets it.
   */
  readonly idleTimeoutMs?: number | null | undefined
}

export type Pool = {
  readonly acquire: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Socket>
  readonly release: (socket: Socket, options?: { readonly destroy?: boolean | undefined }) => void
  readonly close: () => Promise<void>
  /** Connections that are open, and races under way. */
  readonly size: () => number
  /** Connections that nobody uses. */
  readonly idle: () => number
  /** Calls of `acquire` that wait. */
  readonly waiting: () => number
}

export type PoolParts = {
  readonly connect: (options: ConnectOptions) => Promise<Socket>
  /** Its timers must not keep the process alive. */
  readonly clock: Clock
}
