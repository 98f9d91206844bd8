import type { ConnectionEntry, RaceEntry, StatusAnswer } from '../../admin/api.ts'

/** What happened in one second, from the difference of two answers. */
export type Rates = {
  readonly accepted: number
  readonly rejected: number
  readonly races: number
  readonly failed: number
  readonly hidden: number
  /** Bytes. */
  readonly up: number
  readonly down: number
}

/** What `eyeballd top` knows of the daemon. */
export type TopState = {
  readonly where: string
  readonly status: StatusAnswer | null
  /** Null until there are two answers of one daemon. */
  readonly rates: Rates | null
  /** Newest first. */
  readonly races: readonly RaceEntry[]
  /** The slowest of the races that were won while it ran. */
  readonly slowest: readonly RaceEntry[]
  readonly connections: readonly ConnectionEntry[]
  readonly total: number
  /** Why the daemon does not answer; null if it does. */
  readonly failure: string | null
}

export const EMPTY = (where: string): TopState => ({
  where,
  status: null,
  rates: null,
  races: [],
  slowest: [],
  connections: [],
  total: 0,
  failure: null,
})

/** Races that are kept, to scroll in and to filter. */
export const RACES_MAX = 1000
export const SLOWEST_MAX = 20

const SECOND_MS = 1000

const racesOf = ({ races: { won, failed, aborted } }: StatusAnswer): number =>
  won[4] + won[6] + failed + aborted

const ratesOf = (before: StatusAnswer, now: StatusAnswer): Rates | null => {
  const seconds = (now.now - before.now) / SECOND_MS
  // Another daemon, which counts from 0, or a clock that was set back.
  if (before.startedAt !== now.startedAt || seconds <= 0) return null
  const rate = (count: (status: StatusAnswer) => number): number =>
    Math.max(0, (count(now) - count(before)) / seconds)
  return {
    accepted: rate(({ connections }) => connections.accepted),
    rejected: rate(({ connections }) => connections.rejected),
    races: rate(racesOf),
    failed: rate(({ races }) => races.failed),
    hidden: rate(({ races }) => races.hidden),
    up: rate(({ bytes }) => bytes.up),
    down: rate(({ bytes }) => bytes.down),
  }
}

/** The daemon has answered. */
export const withStatus = (state: TopState, status: StatusAnswer): TopState => ({
  ...state,
  status,
  rates: state.status ? ratesOf(state.status, status) : null,
  failure: null,
})

/** The daemon has not answered; what it last said stays. */
export const withFailure = (state: TopState, failure: string): TopState => ({
  ...state,
  failure,
  rates: null,
})

export const withConnections = (
  state: TopState,
  connections: readonly ConnectionEntry[],
  total: number,
): TopState => ({ ...state, connections, total })

/** @param added in the order in which they ended */
export const withRaces = (state: TopState, added: readonly RaceEntry[]): TopState => {
  if (added.length === 0) return state
  const won = added.filter(
    ({ outcome, durationMs }) => outcome === 'won' && !Number.isNaN(durationMs),
  )
  return {
    ...state,
    races: [...added.toReversed(), ...state.races].slice(0, RACES_MAX),
    slowest: [...state.slowest, ...won]
      .toSorted((a, b) => b.durationMs - a.durationMs)
      .slice(0, SLOWEST_MAX),
  }
}
