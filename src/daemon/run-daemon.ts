import { createVerifyLogin } from '../auth/create-verify-login.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { codeOf } from '../core/fail.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import { createLog } from '../log/create-log.ts'
import type { Log } from '../log/types.ts'
import { createInterfaces } from '../net/interfaces.ts'
import { listen } from '../net/listen.ts'
import { createLocalAddresses } from '../net/local-addresses.ts'
import { createNetwork } from '../net/network.ts'
import { openFilesLimit } from '../net/open-files.ts'
import { createRealClock } from '../net/real-clock.ts'
import { createStreamJoin } from '../pipe/create-stream-join.ts'
import type { Daemon } from './create-daemon.ts'
import { createDaemon } from './create-daemon.ts'
import { serveUntilSignal } from './serve-until-signal.ts'
import type { OnSignal } from './signals.ts'

/** What a running daemon takes from its process. */
export type DaemonIo = {
  /** The file descriptor that the log goes to. */
  readonly logFd: number
  /** Whether that is a terminal. */
  readonly isTerminal: boolean
  readonly onSignal: OnSignal
}

/** The daemon on this host's clock and network. */
const assemble = (log: Log, clock: Clock): Daemon => {
  const interfaces = createInterfaces({ clock })
  const openFiles = openFilesLimit()
  const daemon: Daemon = createDaemon({
    clock,
    network: createNetwork({ clock, interfaces }),
    join: createStreamJoin({ clock }),
    emit: log.emit,
    createVerify: users => createVerifyLogin(users),
    openFiles: Number.isFinite(openFiles) ? openFiles : null,
    isLocalAddress: createLocalAddresses(interfaces),
    random: Math.random,
    listeners: {
      listen,
      onListening: ({ name, protocol }, address) =>
        log.event({
          type: 'listening',
          listener: name,
          protocol,
          address: formatListenAddress(address),
          connections: daemon.limit(),
        }),
      onSkipped: ({ name }, address, { message }) =>
        log.event({
          type: 'skipped',
          listener: name,
          address: formatListenAddress(address),
          message,
        }),
    },
  })
  return daemon
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
  const log = createLog(config.log, { fd: io.logFd, isTerminal: io.isTerminal })
  const daemon = assemble(log, clock)
  try {
    await daemon.apply(config)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    log.event({ type: 'fatal', code: codeOf(error), message })
    daemon.close()
    await log.flush()
    return 1
  }
  await serveUntilSignal({ daemon, config, loadConfig, log, clock, onSignal: io.onSignal })
  await log.flush()
  return 0
}
