import { DURATION_MAX_MS } from '../core/duration.ts'
import { CONNECTION_ATTEMPT_FLOOR_MS } from '../eyeballs/race/timing.ts'
import type { TraceEntry } from '../eyeballs/race/trace.ts'
import type { Endpoint } from '../net/types.ts'
import { readAddrInfos } from './addr-info.ts'
import { invalidArgument } from './invalid-argument.ts'
import { HAPPY_EYEBALLS_DELAY_MS } from './race-defaults.ts'
import type { RaceOptions } from './race-options.ts'

/** Options that make sense, defaults filled in. */
export type CheckedOptions = {
  readonly locals: readonly Endpoint[] | undefined
  readonly delayMs: number | null
  /** The caller chose the delay: what was learnt of an address does not change it. */
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
const checkLimit = (found: unknown, name: string): number | null => {
  if (found === null) return null
  if (typeof found === 'number' && found >= 0 && found <= DURATION_MAX_MS) return found
  const allowed = `a number of milliseconds from 0 to ${DURATION_MAX_MS}, or null for no limit,`
  throw invalidArgument(`options.${name}`, found, allowed)
}

/** @throws ERR_INVALID_ARG */
const checkDelay = (found: unknown): number | null => {
  if (found === null) return null
  // RFC 8305 section 5 (rule A6): "MUST NOT" be below 10 ms.
  if (Number.isFinite(found)) return Math.max(CONNECTION_ATTEMPT_FLOOR_MS, found as number)
  const allowed = 'a finite number of milliseconds, or null for one after the other,'
  throw invalidArgument('options.happyEyeballsDelayMs', found, allowed)
}

/**
 * Checks a First Address Family Count.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkInterleave = (found: unknown, where: string): number => {
  if (Number.isSafeInteger(found) && (found as number) >= 0) return found as number
  throw invalidArgument(where, found, 'a whole number, 0 or more,')
}

/** @throws ERR_INVALID_ARG */
const checkFunction = (found: unknown, name: string): void => {
  if (found === undefined || typeof found === 'function') return
  throw invalidArgument(`options.${name}`, found, 'a function')
}

/** Any signal that keeps the DOM's contract will do, also one of another realm. @throws ERR_INVALID_ARG */
const checkSignal = (found: unknown): AbortSignal | undefined => {
  if (found === undefined) return undefined
  const isSignal =
    typeof found === 'object' &&
    found !== null &&
    typeof (found as { aborted?: unknown }).aborted === 'boolean' &&
    typeof (found as { addEventListener?: unknown }).addEventListener === 'function'
  if (isSignal) return found as AbortSignal
  throw invalidArgument('options.signal', found, 'an AbortSignal')
}

/**
 * Checks what a caller gave, and fills the defaults in.
 *
 * @param timeoutMs the call's own default for `timeoutMs`
 * @throws ERR_INVALID_ARG with what was found, where, and what is allowed
 */
export const checkOptions = (options: unknown, timeoutMs: number | null): CheckedOptions => {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument('options', options, 'an object')
  }
  const given: Fields = options
  const {
    localAddrInfos = null,
    happyEyeballsDelayMs,
    attemptTimeoutMs = null,
    timeoutMs: limit = timeoutMs,
  } = given
  const isDelayGiven = happyEyeballsDelayMs !== undefined
  const delayMs = isDelayGiven ? checkDelay(happyEyeballsDelayMs) : HAPPY_EYEBALLS_DELAY_MS
  const { interleave = delayMs === null ? 0 : 1 } = given
  checkFunction(given.socketFactory, 'socketFactory')
  checkFunction(given.onTrace, 'onTrace')
  return {
    locals:
      localAddrInfos === null
        ? undefined
        : readAddrInfos(localAddrInfos, 'options.localAddrInfos', 0),
    delayMs,
    isDelayGiven,
    interleave: checkInterleave(interleave, 'options.interleave'),
    socketFactory: given.socketFactory as CheckedOptions['socketFactory'],
    signal: checkSignal(given.signal),
    timeoutMs: checkLimit(limit, 'timeoutMs'),
    attemptTimeoutMs: checkLimit(attemptTimeoutMs, 'attemptTimeoutMs'),
    onTrace: given.onTrace as CheckedOptions['onTrace'],
  }
}
