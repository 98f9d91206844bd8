import type { Snapshot } from '../metrics/snapshot.ts'
import type { ConnectionEntry, HistoryAnswer, StatusAnswer } from './api.ts'
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

export type Demoted = HistoryAnswer['demoted'][number]

/** What the endpoint shows of a daemon, of one process or of several. Its promises never reject. */
export type DaemonView = {
  readonly races: RaceFeed
  readonly report: () => Promise<ProcessReport>
  /** The oldest connections. */
  readonly connections: (limit: number) => Promise<ShownConnections>
  /** What history has demoted, the newest evidence first, bounded in number. */
  readonly history: () => Promise<readonly Demoted[]>
}
