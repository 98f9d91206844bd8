import type { DaemonEvent } from '../log/types.ts'
import type { Snapshot } from './snapshot.ts'

/** Counts the reloads of a daemon, of one process or of several. */
export type ReloadCounts = {
  readonly count: (event: DaemonEvent) => void
  readonly read: () => Snapshot
}

/** @param now seconds since 1970. The first configuration is loaded at the time of the call */
export const createReloadCounts = (now: () => number): ReloadCounts => {
  const outcomes = { success: 0, failure: 0 }
  let loadedAt = now()
  let hasFailed = false
  return {
    count: event => {
      if (event.type !== 'reload') return
      hasFailed = event.error !== undefined
      outcomes[hasFailed ? 'failure' : 'success']++
      if (!hasFailed) loadedAt = now()
    },
    read: () => ({
      eyeballd_config_reloads_total: new Map(Object.entries(outcomes)),
      eyeballd_config_last_reload_successful: new Map([['', hasFailed ? 0 : 1]]),
      eyeballd_config_last_reload_success_timestamp_seconds: new Map([['', loadedAt]]),
    }),
  }
}
