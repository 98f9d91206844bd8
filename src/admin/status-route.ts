import type { StatusAnswer } from './api.ts'
import type { DaemonView } from './daemon-view.ts'
import type { AdminRoutes, AdminStatus } from './routes.ts'
import { jsonAnswer } from './routes.ts'

/** The route of `/status`. */
export const createStatusRoute = (
  { status: processStatus }: Pick<DaemonView, 'status'>,
  facts: {
    readonly version: () => string
    /** Epoch milliseconds. */
    readonly now: () => number
    readonly status: () => AdminStatus
    readonly lastReload: () => StatusAnswer['lastReload']
  },
): AdminRoutes => {
  const { version, now, status, lastReload } = facts
  const startedAt = now()
  const answer = async () => {
    const all = await processStatus()
    const { state, processes } = status()
    const whole: StatusAnswer = {
      version: version(),
      now: now(),
      startedAt,
      state,
      processes,
      ...all,
      lastReload: lastReload(),
    }
    return jsonAnswer(whole)
  }
  return new Map([['/status', { isPublic: false, answer }]])
}
