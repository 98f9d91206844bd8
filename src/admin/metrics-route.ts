import { EXPOSITION_TYPE, writeExposition } from '../metrics/exposition.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import { joinSnapshots } from '../metrics/snapshot.ts'
import type { DaemonView } from './daemon-view.ts'
import type { AdminAnswer, AdminRoutes } from './routes.ts'

/**
 * The route of `/metrics`. Requests that come while one is answered get its answer, so that many of them cost
 * no more than one after the other.
 *
 * @param own the metrics of the endpoint's own process
 */
export const createMetricsRoute = (
  { report }: Pick<DaemonView, 'report'>,
  own: () => Snapshot,
): AdminRoutes => {
  let answering: Promise<AdminAnswer> | null = null

  const write = async (): Promise<AdminAnswer> => {
    const { metrics } = await report()
    const text = await writeExposition(joinSnapshots([metrics, own()]))
    return { status: 200, type: EXPOSITION_TYPE, text }
  }
  const answer = (): Promise<AdminAnswer> =>
    (answering ??= write().finally(() => {
      answering = null
    }))

  return new Map([['/metrics', { isPublic: false, answer }]])
}
