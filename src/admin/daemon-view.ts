import type { StatusAnswer } from './api.ts'
import type { RaceFeed } from './race-feed.ts'

/** The part of `/status` that the processes with the connections know. */
export type ProcessStatus = Omit<
  StatusAnswer,
  'version' | 'now' | 'startedAt' | 'state' | 'processes' | 'lastReload'
>

/** What the endpoint shows of a daemon, of one process or of several. Its promises never reject. */
export type DaemonView = {
  readonly races: RaceFeed
  readonly status: () => Promise<ProcessStatus>
}
