import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../log/types.ts'
import type { Daemon } from './create-daemon.ts'
import { restartKeys } from './restart-keys.ts'
import type { OnSignal } from './signals.ts'

export type ServeOptions = {
  readonly daemon: Omit<Daemon, 'limit'>
  /** The configuration that the daemon was started with. */
  readonly config: Config
  /** Reads the configuration again; throws what is wrong with it. */
  readonly loadConfig: () => Config
  readonly log: Log
  readonly clock: Clock
  readonly onSignal: OnSignal
}

/**
 * Runs a daemon that has started, until it has stopped.
 *
 * SIGHUP reloads: a configuration that cannot be read or applied changes nothing. SIGTERM and SIGINT
 * drain: no more connections are accepted, those that are open have the drain timeout to end, and are
 * ended then. A second one ends them at once.
 */
export const serveUntilSignal = async (options: ServeOptions): Promise<void> => {
  const { daemon, loadConfig, log, clock, onSignal } = options
  let { config } = options
  let reloading: Promise<void> = Promise.resolve()

  const reload = async (): Promise<void> => {
    try {
      const next = loadConfig()
      await daemon.apply(next)
      log.change(next.log)
      config = next
      // Compared with the start, so that a value that was taken back needs no restart.
      const restart = restartKeys(options.config, next)
      log.event({ type: 'reload', ...(restart.length === 0 ? {} : { restart }) })
    } catch (error) {
      log.event({ type: 'reload', error: error instanceof Error ? error.message : String(error) })
    }
  }

  const drain = async (signal: string): Promise<void> => {
    // A reload under way would open listeners again behind the drain's back.
    await reloading
    await daemon.stopAccepting()
    const { drainTimeoutMs: timeoutMs } = config
    log.event({ type: 'draining', signal, connections: daemon.connections(), timeoutMs })
    const cancel = clock.after(timeoutMs, daemon.endConnections)
    await daemon.idle()
    cancel()
  }

  await new Promise<void>((resolve, reject) => {
    let draining = false
    const stopListening = onSignal(signal => {
      if (signal === 'SIGHUP') {
        // One after the other: the last one decides.
        if (!draining) reloading = reloading.then(reload)
      } else if (draining) {
        daemon.endConnections()
      } else {
        draining = true
        drain(signal).then(resolve, reject).finally(stopListening)
      }
    })
  })
  daemon.close()
  log.event({ type: 'stopped' })
}
