import type { StatusAnswer } from '../admin/api.ts'
import type { Log } from '../log/types.ts'

/** Remembers the last reload that the log got. */
export const rememberReload = <L extends Pick<Log, 'event'>>(
  log: L,
  /** Epoch milliseconds. */
  now: () => number,
): { readonly log: L; readonly lastReload: () => StatusAnswer['lastReload'] } => {
  let last: StatusAnswer['lastReload'] = null
  return {
    log: {
      ...log,
      event: event => {
        if (event.type === 'reload') last = { at: now(), error: event.error ?? null }
        log.event(event)
      },
    },
    lastReload: () => last,
  }
}
