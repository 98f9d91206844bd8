import { codeOf, errorOf } from '../core/fail.ts'
import { createLog } from '../log/create-log.ts'
import { openFilesLimit } from '../net/host/open-files.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import { assembleDaemon } from './assemble-daemon.ts'
import { fileShares } from './file-shares.ts'
import { rememberReload } from './last-reload.ts'
import { serveUntilSignal } from './serve-until-signal.ts'
import type { Signals } from './signals.ts'
import type { ConfigSource, Daemon, WorkerHooks } from './types.ts'
import { realUsersFiles } from './users-files.ts'
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
}

/**
 * Runs the daemon until a signal ends it. It writes nothing but the log.
 *
 * @returns the exit status: 0 after a signal, also one before it could serve; 1 if it could not start
 * @throws the errors of `load`; nothing was started then
 */
export const runDaemon = async ({ load, reload }: ConfigSource, io: DaemonIo): Promise<number> => {
  const config = load()
  const clock = createRealClock()
  const { worker, logFd: fd, isTerminal, signals, version } = io
  const created = worker ? worker.createLog(config.log) : createLog(config.log, { fd, isTerminal })
  const { log, lastReload } = rememberReload(created, Date.now)
  let daemon: Daemon | undefined

  try {
    if (!signals.ending()) {
      const assembled = await assembleDaemon(config, { log, clock, ...(worker && { worker }) })
      // With several processes, the primary has the admin endpoint.
      const { admin: connectionsMax } = fileShares(openFilesLimit())
      const parts = { clock, log, connectionsMax, version, lastReload }
      daemon = worker ? assembled : withAdmin(assembled, parts)
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
      retriesLost,
      usersFiles: worker ? undefined : realUsersFiles,
    })
  } else log.event({ type: 'stopped' })
  await log.flush()
  return 0
}
