import { codeOf } from '../core/fail.ts'
import { ATTEMPTS_PER_NAME_MAX } from '../eyeballs/dialer.ts'
import type { RaceMachine as Machine } from '../eyeballs/race/machine.ts'
import { createRaceMachine } from '../eyeballs/race/machine.ts'
import type { RaceSummary } from '../eyeballs/race/summary.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type {
  Candidate,
  Query,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTiming,
  RaceTrace,
} from '../eyeballs/race/types.ts'
import { checkObject, invalidArgument } from './check-argument.ts'
import { checkRaceConfig, checkRaceEvent } from './check-race.ts'
import {
  CONNECT_TIMEOUT_MS,
  HAPPY_EYEBALLS_DELAY_MS,
  MAX_CONCURRENT_ATTEMPTS,
  RESOLUTION_DELAY_MS,
} from './race-options.ts'

/**
 * The configuration of a race: `queries`, `addresses` or both, and the fields that differ from the defaults
 * of `RaceConfig` and `RaceTiming`.
 */
export type RaceMachineConfig = Partial<Omit<RaceConfig, 'queries' | 'addresses' | 'timing'>> & {
  /** The lookups that the race requests, AAAA before A. None by default. */
  readonly queries?: readonly Query[]
  /** Candidates that need no lookup. None by default. */
  readonly addresses?: readonly Candidate[]
  readonly timing?: Partial<RaceTiming>
}

/** Removes undefined fields, which count as absent. */
const given = <T extends object>(fields: T | undefined): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>

const withDefaults = (config: RaceMachineConfig): RaceConfig => {
  checkRaceConfig(config, false)
  const { queries = [], addresses = [], timing, ...rest } = config
  return {
    preferredFamily: 6,
    order: queries.length > 0 ? 'sorted' : 'given',
    policyTable: 'updated',
    firstAddressFamilyCount: 1,
    maxConcurrentAttempts: MAX_CONCURRENT_ATTEMPTS,
    maxAttemptsPerName: ATTEMPTS_PER_NAME_MAX,
    ...given(rest),
    queries,
    ...(addresses.length > 0 && { addresses }),
    timing: {
      resolutionDelayMs: RESOLUTION_DELAY_MS,
      connectionAttemptDelayMs: HAPPY_EYEBALLS_DELAY_MS,
      attemptTimeoutMs: null,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...given(timing),
    },
  }
}

/** Checks the caller's events; the machine checks whether they are possible in its state. */
const checkEvents = (events: unknown): void => {
  if (!Array.isArray(events)) checkRaceEvent(events, 'event')
  else for (const [i, event] of events.entries()) checkRaceEvent(event, `events[${i}]`)
}

const checkNow = (now: unknown, before: number): void => {
  if (Number.isFinite(now) && (now as number) >= before) return
  const allowed = `a number of milliseconds, ${before === -Infinity ? 'finite' : `${before} or more`},`
  throw invalidArgument('now', now, allowed, 'number')
}

/** A machine that checks its arguments. */
const checkedMachine = (config: RaceConfig): Machine => {
  const { handle, trace } = createRaceMachine(config)
  let before = -Infinity
  return {
    trace,
    handle: (events, now) => {
      checkEvents(events)
      checkNow(now, before)
      before = now
      try {
        return handle(events, now)
      } catch (error) {
        if (!(error instanceof Error) || codeOf(error) !== 'ERR_BUG') throw error
        const allowed = `an event that can happen now (${error.message})`
        throw invalidArgument('events', events, allowed, Array.isArray(events) ? 'array' : 'object')
      }
    },
  }
}

/**
 * The race of RFC 8305 without input or output: events in, commands out. The caller does the lookups, opens
 * the sockets and keeps the time. The first `wake` starts the race; it ends with exactly one `won` or
 * `lost` (if it is confirmed: `joined` or `lost`).
 */
export class RaceMachine implements Machine {
  readonly #machine: Machine

  /**
   * @param config by default: IPv6 preferred, sorted by RFC 6724 (in the given order if there are no
   *   queries), a First Address Family Count of 1, a Connection Attempt Delay of 250 ms, a Resolution Delay
   *   of 50 ms, 30 s for the race, six attempts in flight and 16 for each name
   * @throws ERR_INVALID_ARG if there is nothing to race, or a field is invalid
   */
  constructor(config: RaceMachineConfig) {
    this.#machine = checkedMachine(withDefaults(config))
  }

  /**
   * Handles one event, or all events of one moment, and returns the resulting commands, in order. Answers
   * that are passed together are sorted together before the first attempt starts.
   *
   * @param now milliseconds of a monotonic clock; any origin, the same for the whole race
   * @throws ERR_INVALID_ARG for an invalid event, and for one that is impossible in this state; late events
   *   are possible
   */
  handle(events: RaceEvent | readonly RaceEvent[], now: number): readonly RaceCommand[] {
    return this.#machine.handle(events, now)
  }

  /** All events and commands so far. */
  trace(): RaceTrace {
    return this.#machine.trace()
  }
}

/**
 * A machine for a complete configuration, such as a trace's: no defaults are filled in.
 *
 * @throws ERR_INVALID_ARG
 */
export const createMachine = (config: RaceConfig): Machine => {
  checkRaceConfig(config, true)
  return checkedMachine(config)
}

/**
 * Summarises a complete or partial trace: the result of each lookup and attempt.
 *
 * @throws ERR_INVALID_ARG if it is not a trace
 */
export const summariseTrace = (trace: RaceTrace): RaceSummary => {
  const { entries, config }: { readonly entries?: unknown; readonly config?: unknown } =
    checkObject(
      trace,
      'trace',
      'a trace of a race machine, or one made of what onTrace was called with',
    )
  if (!Array.isArray(entries)) throw invalidArgument('trace.entries', entries, 'a list of entries')
  checkObject(config, 'trace.config')
  return summarise(trace)
}
