import { CONNECTION_ATTEMPT_FLOOR_MS } from '../eyeballs/race/timing.ts'
import type { TraceEntry } from '../eyeballs/race/types.ts'
import type { Endpoint } from '../net/types.ts'
import { readAddrInfos } from './addr-info.ts'
import {
  checkFunction,
  checkLimit,
  checkObject,
  checkSignal,
  checkWhole,
} from './check-argument.ts'
import { invalidArgument } from './invalid-argument.ts'
import { HAPPY_EYEBALLS_DELAY_MS } from './race-defaults.ts'
import type { RaceOptions } from './race-options.ts'

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
