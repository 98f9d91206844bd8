import type { Config } from '../config/types.ts'
import { codeOf } from '../core/fail.ts'
import { createLog } from '../log/create-log.ts'
import { createRealClock } from '../net/real-clock.ts'
import { assembleDaemon } from './assemble-daemon.ts'
import type { Daemon } from './create-daemon.ts'
import { serveUntilSignal } from './serve-until-signal.ts'
import type { Share } from './share.ts'
import type { OnSignal } from './signals.ts'

/** What a running daemon takes from its process. */
export type DaemonIo = {
  /** The file descriptor that the log goes to. */
  readonly logFd: number
  /** Whether that is a terminal. */
  readonly isTerminal: boolean
  readonly onSignal: OnSignal
  /** Present where it is one of several processes. */
  readonly share?: Share
}

/**
 * Runs the daemon until a signal ends it. The log is all that it writes.
 *
 * @param loadConfig reads the configuration, now and at each SIGHUP; throws ERR_CONFIG
 * @returns the exit status: 0 after a signal, 1 where it could not start
 * @throws what `loadConfig` throws the first time; nothing was started then
 */
export const runDaemon = async (loadConfig: () => Config, io: DaemonIo): Promise<number> => {
  const config = loadConfig()
  const clock = createRealClock()
  const { share, logFd: fd, isTerminal } = io
  const log = share ? share.createLog(config.log) : createLog(config.log, { fd, isTerminal })
  let daemon: Daemon | undefined
  try {
    daemon = await assembleDaemon(config, { log, clock, ...(share && { share }) })
    await daemon.apply(config)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log.event({ type: 'fatal', code: codeOf(error), message })
    daemon?.close()
    await log.flush()
    return 1
  }
  await serveUntilSignal({ daemon, config, loadConfig, log, clock, onSignal: io.onSignal })
  await log.flush()
  return 0
}
