import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../log/types.ts'
import { restartKeys } from './restart-keys.ts'
import type { OnSignal } from './signals.ts'
import type { ConfigSource, Daemon } from './types.ts'

/** How soon addresses that were lost are tried again, doubled from the first to the last. */
export const LOST_RETRY_MIN_MS = 1000
export const LOST_RETRY_MAX_MS = 30_000

export type ServeOptions = {
  readonly daemon: Daemon
  /** The configuration that the daemon was started with. */
  readonly config: Config
  readonly reload: ConfigSource['reload']
  readonly log: Log
  readonly clock: Clock
  readonly onSignal: OnSignal
  /** Whether the log goes to a terminal. Default false. */
  readonly isTerminal?: boolean
  /** Whether addresses that were lost are tried again by themselves. Default true. */
  readonly retriesLost?: boolean
}

/**
 * Runs a daemon that has started, until it has stopped.
 *
 * SIGHUP reloads: a configuration that cannot be read or applied changes nothing. Where there is no
 * configuration file it drains, as it comes from a terminal that closes. SIGTERM and SIGINT drain: no
 * more connections are accepted, those that are open have the drain timeout to end, and are ended then.
 * A second one ends them at once.
 */
export const serveUntilSignal = async (options: ServeOptions): Promise<void> => {
  const { daemon, log, clock, onSignal, isTerminal = false, retriesLost = true } = options
  let { config } = options
  /** Changes of the daemon, one after the other. */
  let changes: Promise<void> = Promise.resolve()
  let isReloadWaiting = false
  let draining = false
  let hurries = false
  let cancelRetry = (): void => {}

  const reload = async (read: () => Config): Promise<void> => {
    isReloadWaiting = false
    try {
      const next = read()
      await daemon.apply(next)
      log.change(next.log)
      config = next
      // Compared with the start, so that a value that was taken back needs no restart.
      const restart = restartKeys(options.config, next)
      log.event({ type: 'reload', ...(restart.length === 0 ? {} : { restart }) })
    } catch (error) {
      const lost = daemon.lost()
      const message = error instanceof Error ? error.message : String(error)
      log.event({ type: 'reload', error: message, ...(lost === 0 ? {} : { lost }) })
    }
    retryLost(LOST_RETRY_MIN_MS)
  }

  const retryLost = (waitMs: number): void => {
    cancelRetry()
    if (!retriesLost || draining || daemon.lost() === 0) return
    cancelRetry = clock.after(waitMs, () => {
      const retry = async (): Promise<void> => {
        // What fails stays lost, and was logged when it was lost.
        await daemon.apply(config, { lenient: true }).catch(() => {})
        retryLost(Math.min(waitMs * 2, LOST_RETRY_MAX_MS))
      }
      changes = changes.then(retry)
    })
  }

  const drain = async (signal: string): Promise<void> => {
    draining = true
    cancelRetry()
    // A change under way would open listeners again behind the drain's back.
    await changes
    await daemon.stopAccepting()
    const { drainTimeoutMs: timeoutMs } = config
    const connections = daemon.connections()
    const onTerminal = isTerminal && signal === 'SIGINT'
    log.event({ type: 'draining', signal, connections, timeoutMs, onTerminal })
    if (hurries) daemon.endConnections()
    const cancel = clock.after(timeoutMs, daemon.endConnections)
    await daemon.idle()
    cancel()
  }

  await new Promise<void>((resolve, reject) => {
    const stopListening = onSignal(signal => {
      const read = options.reload
      if (draining) {
        if (signal === 'SIGHUP') return
        hurries = true
        daemon.endConnections()
      } else if (signal === 'SIGHUP' && read) {
        // The last of several decides, and it reads what all of them are about.
        if (isReloadWaiting) return
        isReloadWaiting = true
        changes = changes.then(() => reload(read))
      } else {
        drain(signal)
          .then(resolve, reject)
          .finally(() => stopListening())
      }
    })
  })
  daemon.close()
  log.event({ type: 'stopped' })
}
