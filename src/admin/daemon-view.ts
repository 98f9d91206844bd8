import type { HostPort } from '../core/host-port.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import type { ConnectionEntry, HistoryAnswer, StatusAnswer } from './api.ts'
import type { KeptRace } from './kept-race.ts'
import type { RaceFeed } from './race-feed.ts'

/** What the processes with the connections know of themselves. */
export type ProcessReport = Pick<StatusAnswer, 'engine'> & {
  readonly listeners: readonly Pick<
    StatusAnswer['listeners'][number],
    'name' | 'protocol' | 'addresses'
  >[]
  readonly metrics: Snapshot
}

/** An open connection before it is masked. */
export type ShownConnection = Omit<ConnectionEntry, 'address'> & {
  readonly winner: { readonly address: string; readonly port: number } | null
}

/** Open connections, oldest first. */
export type ShownConnections = {
  /** How many there are; more than are shown if a limit cuts the list. */
  readonly total: number
  readonly connections: readonly ShownConnection[]
}

/** A race that the endpoint is asked to run. */
export type OwnRaceRequest = {
  readonly target: HostPort
  /** The client of the endpoint. */
  readonly client: string
}

/** The race; or why there was none. */
export type OwnRaceResult =
  | { readonly ok: true; readonly race: KeptRace }
  | { readonly ok: false; readonly code: string; readonly message: string }

export type Demoted = HistoryAnswer['demoted'][number]

/** What the endpoint shows of a daemon, of one process or of several. Its promises never reject. */
export type DaemonView = {
  readonly races: RaceFeed
  readonly report: () => Promise<ProcessReport>
  /** The oldest connections. */
  readonly connections: (limit: number) => Promise<ShownConnections>
  /** Runs one race, until it has ended or the signal is aborted. */
  readonly race: (request: OwnRaceRequest, signal: AbortSignal) => Promise<OwnRaceResult>
  /** What history has demoted, the newest evidence first, bounded in number. */
  readonly history: () => Promise<readonly Demoted[]>
}
