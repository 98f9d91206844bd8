import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { StatusAnswer } from '../admin/api.ts'
import { ADMIN_CONNECTIONS_MAX, createAdmin } from '../admin/create-admin.ts'
import type { AdminRoutes, AdminStatus } from '../admin/routes.ts'
import type { AdminConfig, Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { createRecordMask } from '../log/record-mask.ts'
import { socketAddresses } from '../core/listen-address.ts'
import type { Log } from '../log/types.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import { createNodeListen } from '../net/node/node-listen.ts'
import { createAdminRoutes } from './admin-routes.ts'
import type { ListenerChange, ListenerSetParts } from './listener-set.ts'
import { createListenerSet, listenerEvents } from './listener-set.ts'
import type { RequestedListener } from './requested-listeners.ts'
import type { Daemon, ViewedDaemon } from './types.ts'

export type WithAdminParts = {
  readonly clock: Clock
  readonly log: Pick<Log, 'event'>
  /** Node's sockets by default, because HTTP needs a `net.Socket`. */
  readonly listen?: ListenerSetParts['listen']
  /** Maximum number of concurrent connections of the endpoint, 1 or more; by default 8. */
  readonly connectionsMax?: number
  /** Further routes. */
  readonly routes?: AdminRoutes
  /** eyeballd's own, for `/status`; unknown by default. */
  readonly version?: (() => string) | undefined
  /** The last reload, for `/status`; by default there was none. */
  readonly lastReload?: () => StatusAnswer['lastReload']
  /** Reads a file of the dashboard; from the bundled program by default. */
  readonly readPage?: (name: string) => Promise<Uint8Array>
  /** The metrics of reloads; by default none. */
  readonly reloads?: () => Snapshot
}

/** The listener's name and protocol in the log. */
const NAME = 'admin'
const PROTOCOL = 'http'

/** Only the owner may connect to a UNIX socket. */
const MODE = 0o600

/**
 * Adds the HTTP endpoint to a daemon. It opens before the first listener, and closes after
 * the last connection. A reload changes both the endpoint and the daemon, or neither.
 */
export const withAdmin = (
  daemon: ViewedDaemon,
  {
    clock,
    log,
    listen = createNodeListen(),
    connectionsMax = ADMIN_CONNECTIONS_MAX,
    routes = new Map(),
    version = () => '',
    lastReload = () => null,
    readPage,
    reloads = () => ({}),
  }: WithAdminParts,
): Daemon => {
  let state: AdminStatus['state'] = 'starting'
  const lost = (): number => daemon.lost() + listeners.lost()
  const status = (): AdminStatus => ({ state, processes: daemon.processes(), lost: lost() })
  let inForce: Config | null = null
  let mask = createRecordMask([])
  const admin = createAdmin(
    clock,
    new Map([
      ...createAdminRoutes({
        clock,
        view: daemon.view,
        status,
        version,
        lastReload,
        reloads,
        config: () => inForce,
        mask: () => mask,
        readPage,
      }),
      ...routes,
    ]),
    connectionsMax,
  )

  /** Puts the endpoint's part of a configuration in force. */
  const change = (config: Config): void => {
    if (inForce && !isDeepStrictEqual(inForce.admin.listen, config.admin.listen)) admin.endStreams()
    inForce = config
    admin.setToken(config.admin.token)
    mask = createRecordMask(config.log.redact)
  }
  const listeners = createListenerSet({
    listen,
    ...listenerEvents(log, () => connectionsMax),
  })

  const requested = (config: AdminConfig): RequestedListener[] => {
    const { optionalAddresses } = config
    const addresses = socketAddresses(config.listen)
    if (addresses.length === 0) return []
    const rights = { mode: MODE, group: null }
    return [
      {
        config: { name: NAME, protocol: PROTOCOL, listen: addresses, optionalAddresses, ...rights },
        handler: () => (socket, address) => admin.take(socket as Socket, address.type === 'unix'),
      },
    ]
  }

  /** Adds the endpoint's real addresses, which are not allowed as targets. */
  const located = (config: Config, { bound }: ListenerChange): Config => ({
    ...config,
    admin: { ...config.admin, listen: bound },
  })

  const start = async (config: Config): Promise<void> => {
    const opened = await listeners.prepare(requested(config.admin))
    if (opened.error) {
      await opened.undo()
      throw opened.error
    }
    change(config)
    await opened.commit()
    await daemon.apply(located(config, opened))
    state = 'serving'
  }

  const apply: Daemon['apply'] = async (config, options = {}) => {
    if (state === 'starting') return start(config)
    const opened = await listeners.prepare(requested(config.admin), options.lenient)
    try {
      if (opened.error) throw opened.error
      await daemon.apply(located(config, opened), options)
    } catch (error) {
      await opened.undo()
      throw error
    }
    change(config)
    return opened.commit()
  }

  return {
    ...daemon,
    apply,
    lost,
    beginDrain: () => {
      state = 'draining'
    },
    close: () => {
      void listeners.close()
      admin.close()
      daemon.close()
    },
  }
}
