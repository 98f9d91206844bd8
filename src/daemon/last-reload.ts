import type { StatusAnswer } from '../admin/api.ts'
import type { Log } from '../log/types.ts'
import { createReloadCounts } from '../metrics/reload-counts.ts'
import type { Snapshot } from '../metrics/snapshot.ts'

/** Remembers the last reload that the log got, and counts them all. */
export const rememberReload = <L extends Pick<Log, 'event'>>(
  log: L,
  /** Epoch milliseconds. */
  now: () => number,
): {
  readonly log: L
  readonly lastReload: () => StatusAnswer['lastReload']
  readonly metrics: () => Snapshot
} => {
  let last: StatusAnswer['lastReload'] = null
  const counts = createReloadCounts(() => now() / 1000)
  return {
    log: {
      ...log,
      event: event => {
        if (event.type === 'reload') last = { at: now(), error: event.error ?? null }
        counts.count(event)
        log.event(event)
      },
    },
    lastReload: () => last,
    metrics: counts.read,
  }
}
