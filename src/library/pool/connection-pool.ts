import type { Socket } from 'node:net'
import { createRealClock } from '../../net/host/real-clock.ts'
import { connect } from '../connect.ts'
import { createPool } from './create-pool.ts'
import type { ConnectionPoolOptions, Pool } from './types.ts'

/**
 * A bounded pool of raced connections (RFC 8305) to one host and port.
 *
 * An idle connection does not keep the process alive, and is closed as soon as its target says
 * anything. On every socket that it lends, the pool has one listener, for `close`.
 */
export class ConnectionPool {
  readonly #pool: Pool

  /** @throws ERR_INVALID_ARG for options that make no sense */
  constructor(options: ConnectionPoolOptions) {
    this.#pool = createPool(options, { connect, clock: createRealClock({ background: true }) })
  }

  /** Connections that are open, lent or idle, and races under way: never more than `max`. */
  get size(): number {
    return this.#pool.size()
  }

  /** Connections that nobody uses. */
  get idle(): number {
    return this.#pool.idle()
  }

  /** Calls of `acquire` that wait. */
  get waiting(): number {
    return this.#pool.waiting()
  }

  /**
   * Lends a connection: an idle one, or the winner of a race, or one that is given back, first come
   * first served. It is the caller's alone until `release`.
   *
   * @param options `signal`: do not wait any longer; a race that nobody else waits for ends
   * @throws what `connect` throws where the race failed, and the next who waits tries; the signal's
   *   reason; ERR_POOL_CLOSED
   */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Socket> {
    return this.#pool.acquire(options)
  }

  /**
   * Gives a connection back. It is kept for the next one unless it is dead, bytes of it are unread, or
   * `destroy` says that the conversation on it cannot go on. Who gives it back takes all of the own
   * listeners off it first.
   *
   * @throws ERR_INVALID_ARG for a socket that is not lent: of another pool, or released already
   */
  release(socket: Socket, options?: { readonly destroy?: boolean | undefined }): void {
    this.#pool.release(socket, options)
  }

  /**
   * Ends every race and every connection, those that are lent too; who waits is told ERR_POOL_CLOSED.
   *
   * @returns resolves when all are closed
   */
  close(): Promise<void> {
    return this.#pool.close()
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.close()
  }
}
