import { codeOf } from '../core/fail.ts'
import { ATTEMPTS_PER_NAME_MAX } from '../eyeballs/race-config.ts'
import type { RaceMachine as Machine } from '../eyeballs/race/machine.ts'
import { createRaceMachine } from '../eyeballs/race/machine.ts'
import type { RaceTrace } from '../eyeballs/race/trace.ts'
import type {
  Candidate,
  Query,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTiming,
} from '../eyeballs/race/types.ts'
import { checkRaceConfig } from './check-race-config.ts'
import { checkRaceEvent } from './check-race-event.ts'
import { invalidArgument } from './invalid-argument.ts'
import {
  CONNECT_TIMEOUT_MS,
  HAPPY_EYEBALLS_DELAY_MS,
  MAX_CONCURRENT_ATTEMPTS,
  RESOLUTION_DELAY_MS,
} from './race-defaults.ts'

/** What a race is about: `queries`, `addresses` or both, and what shall differ from the defaults of `RaceConfig` and `RaceTiming`. */
export type RaceMachineConfig = Partial<Omit<RaceConfig, 'queries' | 'addresses' | 'timing'>> & {
  /** The lookups that the race asks for, AAAA before A. None by default. */
  readonly queries?: readonly Query[]
  /** Candidates that need no lookup. None by default. */
  readonly addresses?: readonly Candidate[]
  readonly timing?: Partial<RaceTiming>
}

/** What is undefined is as what is absent. */
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

/** Events as a caller gives them, checked: what no type says is whether they can happen now. */
const checkEvents = (events: unknown): void => {
  if (!Array.isArray(events)) checkRaceEvent(events, 'event')
  else for (const [i, event] of events.entries()) checkRaceEvent(event, `events[${i}]`)
}

const checkNow = (now: unknown, before: number): void => {
  if (Number.isFinite(now) && (now as number) >= before) return
  const allowed = `a number of milliseconds, ${before === -Infinity ? 'finite' : `${before} or more`},`
  throw invalidArgument('now', now, allowed, 'number')
}

/** A machine whose arguments are checked. */
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
 * The race of RFC 8305 without input or output: events in, commands out. Whoever drives it does the
 * lookups, opens the sockets and keeps the time. The first `wake` begins the race; it ends with
 * exactly one `won` or `lost` (where it is to be confirmed: `joined` or `lost`).
 */
export class RaceMachine implements Machine {
  readonly #machine: Machine

  /**
   * @param config IPv6 preferred, sorted by RFC 6724 (in the order given where there are no queries),
   *   one address of the first family in front, 250 ms from start to start, a Resolution Delay of 50 ms,
   *   30 s for the race, six attempts in flight and 16 of each name, unless it says otherwise
   * @throws ERR_INVALID_ARG where there is nothing to race, or a field makes no sense
   */
  constructor(config: RaceMachineConfig) {
    this.#machine = checkedMachine(withDefaults(config))
  }

  /**
   * Takes one event, or all events of one moment, and returns what is to be done about them, in order.
   * Answers that are given together are ordered together before the first attempt starts.
   *
   * @param now milliseconds of a clock that never goes back; any origin, the same for the whole race
   * @throws ERR_INVALID_ARG for what is no event, and for one that cannot happen in this state; late
   *   events are not among them
   */
  handle(events: RaceEvent | readonly RaceEvent[], now: number): readonly RaceCommand[] {
    return this.#machine.handle(events, now)
  }

  /** All that went in and out so far. */
  trace(): RaceTrace {
    return this.#machine.trace()
  }
}

/**
 * A machine of a complete configuration, such as that of a trace: nothing is filled in.
 *
 * @throws ERR_INVALID_ARG
 */
export const createMachine = (config: RaceConfig): Machine => {
  checkRaceConfig(config, true)
  return checkedMachine(config)
}
