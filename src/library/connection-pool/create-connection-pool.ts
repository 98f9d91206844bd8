import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import {
  checkLimit,
  checkObject,
  checkSignal,
  checkWhole,
  invalidArgument,
} from '../check-argument.ts'
import { readTarget } from '../connect-target.ts'
import type { ConnectOptions } from '../connect.ts'
import { CONNECT_TIMEOUT_MS, checkOptions } from '../race-options.ts'
import { createIdleConnections, discard, isHealthy } from './idle-connections.ts'

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

const MAX_CONNECTIONS = 10
const IDLE_TIMEOUT_MS = 30_000

/** A running race, and the call that waits for it. */
type Race = { readonly ending: AbortController; waiter: Waiter | undefined; over: Promise<void> }

type Waiter = {
  readonly resolve: (socket: Socket) => void
  readonly reject: (error: unknown) => void
  /** Removes the listener from the signal. */
  readonly leave: () => void
  race: Race | undefined
}

/** @throws ERR_INVALID_ARG */
const checkPoolOptions = (
  options: ConnectionPoolOptions,
): { readonly max: number; readonly idleTimeoutMs: number | null } => {
  checkOptions(options, CONNECT_TIMEOUT_MS)
  readTarget(options)
  const { max = MAX_CONNECTIONS, idleTimeoutMs = IDLE_TIMEOUT_MS } = options
  return {
    max: checkWhole(max, 'options.max', 1),
    idleTimeoutMs: checkLimit(idleTimeoutMs, 'options.idleTimeoutMs'),
  }
}

const closedError = (): Error => fail('ERR_POOL_CLOSED', 'the connection pool is closed')

/**
 * Creates a bounded pool of connections to one target; `ConnectionPool` documents the contract.
 *
 * Every new or released connection goes to the call that has waited longest, whichever call started the
 * race. That call's own race then moves to the first call without one, so calls with a race are always at
 * the front of the queue.
 *
 * @throws ERR_INVALID_ARG for invalid options
 */
export const createConnectionPool = (
  options: ConnectionPoolOptions,
  { connect, clock }: ConnectionPoolParts,
): Pool => {
  const { max, idleTimeoutMs } = checkPoolOptions(options)
  const idle = createIdleConnections({ idleTimeoutMs, clock })
  const waiters = new Set<Waiter>()
  const races = new Set<Race>()
  /** Every open connection: a slot is free only after the system has closed the socket. */
  const open = new Set<Socket>()
  const inUse = new WeakSet<Socket>()
  const known = new WeakSet<Socket>()
  let closing: Promise<void> | undefined
  let allGone = (): void => {}

  const firstWithoutRace = (): Waiter | undefined => {
    for (const waiter of waiters) if (!waiter.race) return waiter
    return undefined
  }

  const settle = (waiter: Waiter): void => {
    waiters.delete(waiter)
    waiter.leave()
  }

  const passOn = (race: Race): void => {
    race.waiter = firstWithoutRace()
    if (race.waiter) race.waiter.race = race
  }

  const give = (socket: Socket): void => {
    const [waiter] = waiters
    if (!waiter) return idle.put(socket)
    settle(waiter)
    if (waiter.race) passOn(waiter.race)
    inUse.add(socket)
    waiter.resolve(socket)
  }

  const refill = (): void => {
    for (
      let waiter = firstWithoutRace();
      waiter && open.size + races.size < max;
      waiter = firstWithoutRace()
    )
      begin(waiter)
    if (open.size + races.size === 0) allGone()
  }

  const onWon = (race: Race, socket: Socket): void => {
    races.delete(race)
    if (race.waiter) race.waiter.race = undefined
    known.add(socket)
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      refill()
    })
    if (closing) discard(socket)
    else give(socket)
  }

  const onLost = (race: Race, error: unknown): void => {
    races.delete(race)
    const { waiter } = race
    if (waiter) {
      settle(waiter)
      waiter.reject(error)
    }
    refill()
  }

  const begin = (waiter: Waiter): void => {
    const ending = new AbortController()
    const race: Race = { ending, waiter, over: Promise.resolve() }
    waiter.race = race
    races.add(race)
    race.over = connect({ ...options, signal: ending.signal }).then(
      socket => onWon(race, socket),
      (error: unknown) => onLost(race, error),
    )
  }

  /** Removes a call that no longer waits. Its race moves to another call, or ends before the call rejects. */
  const onAbort = (waiter: Waiter, reason: unknown): void => {
    settle(waiter)
    const { race } = waiter
    if (race) passOn(race)
    if (!race || race.waiter) return waiter.reject(reason)
    race.ending.abort(reason)
    void race.over.then(() => waiter.reject(reason))
  }

  return {
    size: () => open.size + races.size,
    idle: idle.size,
    waiting: () => waiters.size,

    acquire: async (wish = {}) => {
      const given: { readonly signal?: unknown } = checkObject(wish, 'options')
      const signal = checkSignal(given.signal, 'options.signal')
      if (closing) throw closedError()
      signal?.throwIfAborted()
      const socket = idle.take()
      if (socket) {
        inUse.add(socket)
        return socket
      }
      return new Promise((resolve, reject) => {
        const abort = (): void => onAbort(waiter, signal?.reason)
        const leave = (): void => signal?.removeEventListener('abort', abort)
        const waiter: Waiter = { resolve, reject, leave, race: undefined }
        signal?.addEventListener('abort', abort, { once: true })
        waiters.add(waiter)
        refill()
      })
    },

    release: (socket, how = {}) => {
      checkObject(socket, 'socket', 'what acquire gave')
      const given: { readonly destroy?: unknown } = checkObject(how, 'options')
      const { destroy = false } = given
      if (typeof destroy !== 'boolean') {
        throw invalidArgument('options.destroy', destroy, 'true or false')
      }
      if (!inUse.delete(socket)) {
        const problem = known.has(socket) ? 'has been released already' : 'is not of this pool'
        const message = `the socket ${problem}: what acquire gave is released once`
        throw fail('ERR_INVALID_ARG', message, {}, undefined, RangeError)
      }
      if (destroy || closing || !isHealthy(socket)) return discard(socket)
      // The idle timeout that the previous user set must not apply to the next one.
      socket.setTimeout(0)
      give(socket)
    },

    close: () => {
      closing ??= new Promise(resolve => {
        allGone = resolve
        for (const waiter of waiters) {
          settle(waiter)
          waiter.reject(closedError())
        }
        idle.clear()
        for (const race of races) {
          race.waiter = undefined
          race.ending.abort(closedError())
        }
        for (const socket of open) discard(socket)
        refill()
      })
      return closing
    },
  }
}
