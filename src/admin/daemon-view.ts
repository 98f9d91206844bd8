import type { Snapshot } from '../metrics/snapshot.ts'
import type { StatusAnswer } from './api.ts'
import type { RaceFeed } from './race-feed.ts'

/** What the processes with the connections know of themselves. */
export type ProcessReport = Pick<StatusAnswer, 'engine'> & {
  readonly listeners: readonly Pick<
    StatusAnswer['listeners'][number],
    'name' | 'protocol' | 'addresses'
  >[]
  readonly metrics: Snapshot
}

/** What the endpoint shows of a daemon, of one process or of several. Its promises never reject. */
export type DaemonView = {
  readonly races: RaceFeed
  readonly report: () => Promise<ProcessReport>
}
