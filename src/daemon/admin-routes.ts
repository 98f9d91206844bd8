import { readFile } from 'node:fs/promises'
import type { StatusAnswer } from '../admin/api.ts'
import { createConnectionRoutes } from '../admin/connection-routes.ts'
import type { DaemonView } from '../admin/daemon-view.ts'
import { createMetricsRoute } from '../admin/metrics-route.ts'
import { createPageRoutes } from '../admin/page-routes.ts'
import { createRaceRoutes } from '../admin/race-routes.ts'
import type { AdminAnswer, AdminRoutes, AdminStatus } from '../admin/routes.ts'
import { createHealthRoutes } from '../admin/routes.ts'
import { createRunRaceRoute } from '../admin/run-race-route.ts'
import { createStatusRoute } from '../admin/status-route.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { RecordMask } from '../log/record-mask.ts'
import type { Snapshot } from '../metrics/snapshot.ts'

type AdminRoutesParts = {
  readonly clock: Clock
  readonly view: DaemonView
  readonly status: () => AdminStatus
  readonly version: () => string
  readonly lastReload: () => StatusAnswer['lastReload']
  /** The metrics of reloads. */
  readonly reloads: () => Snapshot
  /** The configuration in force; null before there is one. */
  readonly config: () => Config | null
  /** The mask of `log.redact` in force. */
  readonly mask: () => RecordMask
  /** Reads a file of the dashboard; by default from the folder of the bundled program. */
  readonly readPage?: ((name: string) => Promise<Uint8Array>) | undefined
}

const readBundled = (name: string): Promise<Uint8Array> => readFile(new URL(name, import.meta.url))

/** `eyeballd check` prints the same. */
const showConfig = async (config: Config | null): Promise<AdminAnswer> => {
  if (!config) return { status: 503, text: 'no configuration is in force yet' }
  const { effectiveYaml } = await import('../config/effective.ts')
  const text = effectiveYaml(config).trimEnd()
  return { status: 200, type: 'application/yaml; charset=utf-8', text }
}

/** All routes of the admin endpoint. */
export const createAdminRoutes = (parts: AdminRoutesParts): AdminRoutes => {
  const { clock, view, status, version, lastReload, reloads, config, mask } = parts
  const { readPage = readBundled } = parts
  const own = (): Snapshot => ({
    ...reloads(),
    eyeballd_build_info: new Map([[version(), 1]]),
  })
  return new Map([
    ...createPageRoutes(readPage),
    ...createHealthRoutes(status),
    ...createStatusRoute(view, { version, now: Date.now, status, lastReload }),
    ...createMetricsRoute(view, own),
    ...createConnectionRoutes(clock, view, mask),
    ...createRaceRoutes({ clock, feed: view.races, mask }),
    ...createRunRaceRoute({ clock, view, mask, status, epochNow: Date.now }),
    ['/config', { isPublic: false, answer: () => showConfig(config()) }],
  ])
}
