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
import { ATTEMPTS_PER_NAME_MAX } from '../eyeballs/race-config.ts'
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

const isFilled = (list: unknown): boolean => Array.isArray(list) && list.length > 0

/** What is undefined is as what is absent. */
const given = <T extends object>(fields: T | undefined): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<T>

const withDefaults = (config: RaceMachineConfig): RaceConfig => {
  const { queries = [], addresses = [], timing, ...rest } = config
  if (!isFilled(queries) && !isFilled(addresses)) {
    throw invalidArgument('config', config, 'an object with queries, addresses or both')
  }
  return {
    preferredFamily: 6,
    order: isFilled(queries) ? 'sorted' : 'given',
    policyTable: 'updated',
    firstAddressFamilyCount: 1,
    maxConcurrentAttempts: MAX_CONCURRENT_ATTEMPTS,
    maxAttemptsPerName: ATTEMPTS_PER_NAME_MAX,
    ...given(rest),
    queries,
    ...(isFilled(addresses) && { addresses }),
    timing: {
      resolutionDelayMs: RESOLUTION_DELAY_MS,
      connectionAttemptDelayMs: HAPPY_EYEBALLS_DELAY_MS,
      attemptTimeoutMs: null,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...given(timing),
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
   * @throws ERR_INVALID_ARG where there is nothing to race
   */
  constructor(config: RaceMachineConfig) {
    this.#machine = createRaceMachine(withDefaults(config))
  }

  /**
   * Takes one event, or all events of one moment, and returns what is to be done about them, in order.
   * Answers that are given together are ordered together before the first attempt starts.
   *
   * @param now milliseconds of a clock that never goes back; any origin, the same for the whole race
   * @throws ERR_BUG for an event that cannot happen in this state; late events are not among them
   */
  handle(events: RaceEvent | readonly RaceEvent[], now: number): readonly RaceCommand[] {
    return this.#machine.handle(events, now)
  }

  /** All that went in and out so far. */
  trace(): RaceTrace {
    return this.#machine.trace()
  }
}
