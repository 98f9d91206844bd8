import type { Socket } from 'node:net'
import { createRealClock } from '../../net/host/real-clock.ts'
import { connect } from '../connect.ts'
import type { ConnectionPoolOptions, Pool } from './create-connection-pool.ts'
import { createConnectionPool } from './create-connection-pool.ts'

/**
 * A bounded pool of raced connections (RFC 8305) to one host and port.
 *
 * An idle connection does not keep the process alive, and is closed as soon as its target sends anything.
 * The pool keeps one listener, for `close`, on every socket that a caller has acquired.
 */
export class ConnectionPool {
  readonly #pool: Pool

  /** @throws ERR_INVALID_ARG for invalid options */
  constructor(options: ConnectionPoolOptions) {
    this.#pool = createConnectionPool(options, {
      connect,
      clock: createRealClock({ background: true }),
    })
  }

  /** Open connections, in use or idle, and running races: never more than `max`. */
  get size(): number {
    return this.#pool.size()
  }

  /** Idle connections. */
  get idle(): number {
    return this.#pool.idle()
  }

  /** Pending calls of `acquire`. */
  get waiting(): number {
    return this.#pool.waiting()
  }

  /**
   * Resolves to a connection: an idle one, the winner of a race, or a released one, in the order of the
   * calls. The caller is its only user until `release`.
   *
   * @param options `signal`: stops waiting; a race that no other call waits for ends
   * @throws the error of `connect` if the race failed, and the next waiting call tries; the signal's
   *   reason; ERR_POOL_CLOSED
   */
  acquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<Socket> {
    return this.#pool.acquire(options)
  }

  /**
   * Returns a connection to the pool. It is kept for reuse unless it is dead, has unread bytes, or
   * `destroy` says that it cannot be reused. Remove all your listeners from it first.
   *
   * @throws ERR_INVALID_ARG for a socket that is not in use: from another pool, or already released
   */
  release(socket: Socket, options?: { readonly destroy?: boolean | undefined }): void {
    this.#pool.release(socket, options)
  }

  /**
   * Ends every race and every connection, those in use included; pending calls reject with ERR_POOL_CLOSED.
   *
   * @returns resolves when all are closed
   */
  close(): Promise<void> {
    return this.#pool.close()
  }

  /** Same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.close()
  }
}
