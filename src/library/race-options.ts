import type { Socket } from 'node:net'
import { CONNECTION_ATTEMPT_FLOOR_MS } from '../eyeballs/race/timing.ts'
import type { TraceEntry } from '../eyeballs/race/types.ts'
import type { Endpoint } from '../net/network.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import {
  checkFunction,
  checkLimit,
  checkObject,
  checkSignal,
  checkWhole,
  invalidArgument,
} from './check-argument.ts'

/** How one call races. Absent and undefined fields have their defaults. */
export type RaceOptions = {
  /**
   * Addresses of this host to connect from: an attempt uses the first of its family that can be bound. If
   * none can be bound, or the list has none of the family, the attempt fails with EADDRNOTAVAIL. Null, the
   * default: the system chooses.
   */
  readonly localAddrInfos?: readonly AddrInfo[] | null | undefined
  /**
   * Milliseconds from the start of one attempt to the next while nothing fails: the Connection Attempt
   * Delay of RFC 8305 section 5. A finite number, used as given; values below 10 count as 10, the RFC's
   * minimum. 250 by default. Null: one after the other, each as soon as the previous one has failed.
   */
  readonly happyEyeballsDelayMs?: number | null | undefined
  /**
   * How many addresses of the first family come before the first of the other family: the First Address
   * Family Count of RFC 8305 section 4. A whole number; 0 leaves the list unchanged. 1 by default, 0 if the
   * delay is null.
   */
  readonly interleave?: number | undefined
  /**
   * Creates the sockets, with any options: an unconnected `net.Socket`, on which the race calls `connect`.
   * It is called for each attempt, and again for each further local address. If it throws, the attempt has
   * failed and the next one starts without delay. Default: `new net.Socket()`.
   */
  readonly socketFactory?: ((addrInfo: AddrInfo) => Socket) | undefined
  /** Ends the race: the call rejects with the signal's reason, once every socket is closed. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole call, 0 to 2,147,483,647; null: no limit. After that it rejects with ETIMEDOUT. */
  readonly timeoutMs?: number | null | undefined
  /**
   * Milliseconds for one attempt, 0 to 2,147,483,647, after which it fails with ETIMEDOUT. Null, the
   * default: it lasts as long as the race, so that a slow path can still win.
   */
  readonly attemptTimeoutMs?: number | null | undefined
  /**
   * Called with each step of the race, with its time in milliseconds since the start. If it throws, the
   * race ends and the call rejects with that error.
   */
  readonly onTrace?: ((entry: TraceEntry) => void) | undefined
}

/** RFC 8305 section 3, Resolution Delay: how long the other family's answer waits for the preferred family's. */
export const RESOLUTION_DELAY_MS = 50

/** RFC 8305 section 8: the recommended Connection Attempt Delay. */
export const HAPPY_EYEBALLS_DELAY_MS = 250

/** RFC 8305 section 8: the bounds of a delay that follows an address's round-trip time. */
export const DELAY_BOUNDS = { minimumDelayMs: 100, maximumDelayMs: 2000 } as const

/** Maximum attempts in flight; those older than 3 s do not count. */
export const MAX_CONCURRENT_ATTEMPTS = 6

/** The default time limit of a call that looks up a name, lookups included. */
export const CONNECT_TIMEOUT_MS = 30_000

/** Checked options, with defaults filled in. */
export type CheckedOptions = {
  readonly locals: readonly Endpoint[] | undefined
  readonly delayMs: number | null
  /** The caller chose the delay, so history does not change it. */
  readonly isDelayGiven: boolean
  readonly interleave: number
  readonly socketFactory: RaceOptions['socketFactory']
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number | null
  readonly attemptTimeoutMs: number | null
  readonly onTrace: ((entry: TraceEntry) => void) | undefined
}

type Fields = { readonly [Key in keyof RaceOptions]?: unknown }

/** @throws ERR_INVALID_ARG */
const checkDelay = (found: unknown): number | null => {
  if (found === null) return null
  // RFC 8305 section 5: "MUST NOT" be below 10 ms.
  if (Number.isFinite(found)) return Math.max(CONNECTION_ATTEMPT_FLOOR_MS, found as number)
  const allowed = 'a finite number of milliseconds, or null for one after the other,'
  throw invalidArgument('options.happyEyeballsDelayMs', found, allowed, 'number')
}

/**
 * Checks the caller's options, and fills in the defaults.
 *
 * @param timeoutMs the default of `timeoutMs` for this call
 * @throws ERR_INVALID_ARG with what was found, where, and what is allowed
 */
export const checkOptions = (options: unknown, timeoutMs: number | null): CheckedOptions => {
  const given: Fields = checkObject(options, 'options')
  const {
    localAddrInfos = null,
    happyEyeballsDelayMs,
    attemptTimeoutMs = null,
    timeoutMs: limit = timeoutMs,
  } = given
  const isDelayGiven = happyEyeballsDelayMs !== undefined
  const delayMs = isDelayGiven ? checkDelay(happyEyeballsDelayMs) : HAPPY_EYEBALLS_DELAY_MS
  const { interleave = delayMs === null ? 0 : 1 } = given
  checkFunction(given.socketFactory, 'options.socketFactory')
  checkFunction(given.onTrace, 'options.onTrace')
  return {
    locals:
      localAddrInfos === null
        ? undefined
        : readAddrInfos(localAddrInfos, 'options.localAddrInfos', 0),
    delayMs,
    isDelayGiven,
    interleave: checkWhole(interleave, 'options.interleave', 0),
    socketFactory: given.socketFactory as CheckedOptions['socketFactory'],
    signal: checkSignal(given.signal, 'options.signal'),
    timeoutMs: checkLimit(limit, 'options.timeoutMs'),
    attemptTimeoutMs: checkLimit(attemptTimeoutMs, 'options.attemptTimeoutMs'),
    onTrace: given.onTrace as CheckedOptions['onTrace'],
  }
}
