import type { ConnectionsAnswer, HistoryAnswer, RaceEntry, StatusAnswer } from '../admin/api.ts'
import { drawableConnection, drawableRace } from './drawable.ts'

/** The connection with the daemon. `token`: it needs a token, or another one. */
export type Link = 'connecting' | 'live' | 'reconnecting' | 'token'

export type KeptRace = {
  /** No other race of this page has it: a daemon that restarts counts from 1 again. */
  readonly key: number
  /** Its masked fields are not known. */
  readonly race: RaceEntry
  /** As the daemon has sent it. */
  readonly record: RaceEntry
}

export type DashboardState = {
  readonly link: Link
  /** Why the link is not live, for people. */
  readonly reason: string | null
  readonly status: StatusAnswer | null
  /** How far the daemon's clock is ahead of the browser's. */
  readonly skewMs: number
  /** Oldest first, at most `RACES_MAX`. */
  readonly races: readonly KeptRace[]
  /** Races that this page has received, and the key of the newest. */
  readonly received: number
  /** The daemon's id of the newest race; 0 if this run of the daemon has sent none. */
  readonly newestId: number
  /** Races that the daemon did not send, because this page or the network was too slow for them. */
  readonly skipped: number
  readonly connections: ConnectionsAnswer | null
  readonly demoted: HistoryAnswer['demoted'] | null
}

export type Action =
  | { readonly type: 'link'; readonly link: Link; readonly reason: string | null }
  | { readonly type: 'status'; readonly status: StatusAnswer; readonly nowMs: number }
  /** Oldest first. */
  | { readonly type: 'races'; readonly races: readonly RaceEntry[] }
  | { readonly type: 'skipped'; readonly races: number }
  | { readonly type: 'connections'; readonly answer: ConnectionsAnswer }
  | { readonly type: 'history'; readonly answer: HistoryAnswer }

/** Races that the page keeps; the oldest goes for a new one. */
export const RACES_MAX = 10_000

export const INITIAL_STATE: DashboardState = {
  link: 'connecting',
  reason: null,
  status: null,
  skewMs: 0,
  races: [],
  received: 0,
  newestId: 0,
  skipped: 0,
  connections: null,
  demoted: null,
}

const withStatus = (
  state: DashboardState,
  status: StatusAnswer,
  nowMs: number,
): DashboardState => ({
  ...state,
  status,
  skewMs: status.now - nowMs,
  // Another run of the daemon counts its races from 1.
  newestId: state.status?.startedAt === status.startedAt ? state.newestId : 0,
})

const withRaces = (state: DashboardState, races: readonly RaceEntry[]): DashboardState => {
  const added: KeptRace[] = []
  let { newestId } = state
  for (const race of races) {
    // The answer of /races and the stream overlap.
    if (race.id <= newestId) continue
    newestId = race.id
    added.push({
      key: state.received + added.length + 1,
      race: drawableRace(race),
      record: race,
    })
  }
  if (added.length === 0) return state
  return {
    ...state,
    newestId,
    received: state.received + added.length,
    races: [...state.races, ...added].slice(-RACES_MAX),
  }
}

const drawableConnections = ({ total, connections }: ConnectionsAnswer): ConnectionsAnswer => ({
  total,
  connections: connections.map(drawableConnection),
})

/** The state after something has happened. */
export const nextState = (state: DashboardState, action: Action): DashboardState => {
  switch (action.type) {
    case 'link':
      return { ...state, link: action.link, reason: action.reason }
    case 'status':
      return withStatus(state, action.status, action.nowMs)
    case 'races':
      return withRaces(state, action.races)
    case 'skipped':
      return { ...state, skipped: state.skipped + action.races }
    case 'connections':
      return { ...state, connections: drawableConnections(action.answer) }
    case 'history':
      return { ...state, demoted: action.answer.demoted }
  }
}
