import type { StatusAnswer } from './api.ts'
import { totalOf, valueOf } from '../metrics/snapshot.ts'
import type { DaemonView, ProcessReport } from './daemon-view.ts'
import type { AdminRoutes, AdminStatus } from './routes.ts'
import { jsonAnswer } from './routes.ts'

/** The part of `/status` that the processes with the connections know. */
type ProcessStatus = Omit<
  StatusAnswer,
  'version' | 'now' | 'startedAt' | 'state' | 'processes' | 'lastReload'
>

const statusOf = ({ engine, listeners, metrics }: ProcessReport): ProcessStatus => {
  const races = (outcome: string, family: string): number =>
    valueOf(metrics, 'eyeballd_races_total', outcome, family)
  return {
    engine,
    listeners: listeners.map(({ name, protocol, addresses }) => ({
      name,
      protocol,
      addresses,
      accepted: valueOf(metrics, 'eyeballd_connections_total', name),
      active: valueOf(metrics, 'eyeballd_connections_active', name),
    })),
    connections: {
      active: totalOf(metrics, 'eyeballd_connections_active'),
      limit: valueOf(metrics, 'eyeballd_connections_limit'),
      accepted: totalOf(metrics, 'eyeballd_connections_total'),
      rejected: totalOf(metrics, 'eyeballd_rejected_total', ([, reason]) => reason !== 'probe'),
    },
    races: {
      won: { 4: races('won', '4'), 6: races('won', '6') },
      failed: races('failed', 'none'),
      aborted: races('aborted', 'none'),
      hidden: totalOf(metrics, 'eyeballd_hidden_failures_total'),
    },
    bytes: {
      up: valueOf(metrics, 'eyeballd_bytes_total', 'up'),
      down: valueOf(metrics, 'eyeballd_bytes_total', 'down'),
    },
    dnsWaiting: valueOf(metrics, 'eyeballd_dns_waiting'),
    logDropped: valueOf(metrics, 'eyeballd_log_dropped_total'),
  }
}

/** The route of `/status`. */
export const createStatusRoute = (
  { report }: Pick<DaemonView, 'report'>,
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
    const all = statusOf(await report())
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
