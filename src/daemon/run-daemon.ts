import { codeOf, errorOf } from '../core/fail.ts'
import type { Clock } from '../core/clock.ts'
import { createLog } from '../log/create-log.ts'
import type { Log } from '../log/types.ts'
import { openFilesLimit } from '../net/host/open-files.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import { assembleDaemon } from './assemble-daemon.ts'
import { fileShares } from './file-shares.ts'
import { rememberReload } from './last-reload.ts'
import { serveUntilSignal } from './serve-until-signal.ts'
import type { Signals } from './signals.ts'
import type { ServiceEnvironment } from './systemd/service-environment.ts'
import { withPassedSockets } from './systemd/with-passed-sockets.ts'
import type { ConfigSource, Daemon, ServiceManager, ViewedDaemon, WorkerHooks } from './types.ts'
import { realUsersFiles } from './users-files.ts'
import type { WithAdminParts } from './with-admin.ts'
import { withAdmin } from './with-admin.ts'

/** The parts of its process that a running daemon uses. */
export type DaemonIo = {
  /** The file descriptor to which the log is written. */
  readonly logFd: number
  /** Whether that is a terminal. */
  readonly isTerminal: boolean
  readonly signals: Signals
  /** eyeballd's version, read when the admin endpoint is asked for it; unknown by default. */
  readonly version?: () => string
  /** Present in a worker process. */
  readonly worker?: WorkerHooks
  /** What the service manager has passed; absent: there is none. */
  readonly service?: ServiceEnvironment | undefined
}

/** A daemon with its admin endpoint, and the sockets that the service manager has passed. */
export const withEndpoints = (
  daemon: ViewedDaemon,
  parts: Omit<WithAdminParts, 'connectionsMax'> & Pick<DaemonIo, 'service'>,
): Daemon => {
  const { log, service } = parts
  const { admin: connectionsMax } = fileShares(openFilesLimit())
  const inner = withAdmin(daemon, { ...parts, connectionsMax })
  return withPassedSockets(inner, { passed: service?.passed ?? [], log })
}

/** The service manager to which a daemon reports; undefined if there is none, and nothing is loaded. */
export const serviceOf = async (
  { service }: Pick<DaemonIo, 'service'>,
  parts: { readonly daemon: Daemon; readonly clock: Clock; readonly log: Log },
): Promise<ServiceManager | undefined> => {
  const { notifySocket = null } = service ?? {}
  if (!service || notifySocket === null) return undefined
  const { openService } = await import('./systemd/open-service.ts')
  return openService({ ...service, notifySocket }, parts)
}

/**
 * Runs the daemon until a signal ends it. It writes nothing but the log.
 *
 * @returns the exit status: 0 after a signal, also one before it could serve; 1 if it could not start
 * @throws the errors of `load`; nothing was started then
 */
export const runDaemon = async (
  { load, reload, path }: ConfigSource,
  io: DaemonIo,
): Promise<number> => {
  const config = load()
  const clock = createRealClock()
  const { worker, logFd: fd, isTerminal, signals, version } = io
  const created = worker ? worker.createLog(config.log) : createLog(config.log, { fd, isTerminal })
  const { log, lastReload, metrics: reloads } = rememberReload(created, Date.now)
  let daemon: Daemon | undefined
  let service: ServiceManager | undefined

  try {
    if (!signals.ending()) {
      const assembled = await assembleDaemon(config, { log, clock, ...(worker && { worker }) })
      // With several processes, the primary has the admin endpoint.
      daemon = worker
        ? assembled
        : withEndpoints(assembled, {
            clock,
            log,
            lastReload,
            reloads,
            version,
            service: io.service,
          })
      service = await serviceOf(io, { daemon, clock, log })
      await daemon.apply(config)
    }
  } catch (error) {
    daemon?.close()
    daemon = undefined
    if (!signals.ending()) {
      log.event({ type: 'fatal', code: codeOf(error), message: errorOf(error).message })
      await log.flush()
      return 1
    }
  }
  if (daemon) {
    const { onSignal } = signals
    const retriesLost = worker === undefined
    await serveUntilSignal({
      daemon,
      config,
      reload,
      log,
      clock,
      onSignal,
      isTerminal,
      service,
      retriesLost,
      usersFiles: worker ? undefined : realUsersFiles,
      path: worker ? undefined : path,
    })
  } else log.event({ type: 'stopped' })
  await log.flush()
  return 0
}
