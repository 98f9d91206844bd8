import { isDeepStrictEqual } from 'node:util'
import { restartKeys } from '../config/table/config.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { errorOf } from '../core/fail.ts'
import type { Log } from '../log/types.ts'
import { createConfigWatch } from './config-watch.ts'
import { lookAtFile } from './look-at-file.ts'
import type { OnSignal } from './signals.ts'
import type { ConfigSource, Daemon, ServiceManager } from './types.ts'
import type { UsersFilesSystem } from './users-files.ts'
import { createUsersFiles, keepFileUsers, usersFileChanges } from './users-files.ts'

/** Retry interval for lost addresses, doubled from the first value to the last. */
export const LOST_RETRY_MIN_MS = 1000
export const LOST_RETRY_MAX_MS = 30_000

/**
 * How long connections may take to close once they are ended: one whose relay worker hangs never does. It is more than
 * a worker process has, and less than the service manager adds to the drain timeout.
 */
export const END_WAIT_MS = 8000

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
  /** Whether lost addresses are retried by a timer. Default true. */
  readonly retriesLost?: boolean
  /** What is notified of reloads and of the end; undefined: nothing. */
  readonly service?: ServiceManager | undefined
  /** The configuration file, which is watched if the configuration says so; undefined: never. */
  readonly path?: string | undefined
  /** Default `lookAtFile`. */
  readonly look?: typeof lookAtFile
  /** How users files are watched; undefined: they are not. */
  readonly usersFiles?: UsersFilesSystem | undefined
}

/**
 * Runs a daemon that has started, until it has stopped.
 *
 * SIGHUP reloads: a configuration that cannot be read or applied changes nothing. Without a configuration
 * file it drains, because a terminal sends it when it closes. SIGTERM and SIGINT drain: after the drain delay
 * the daemon accepts no more connections, and ends open ones after the drain timeout. A second signal ends them
 * at once. Ones that do not end then are left to the end of the process.
 *
 * A users file that changes is applied without a signal, in turn with the reloads; with `watch` so is the
 * configuration file.
 */
export const serveUntilSignal = async (options: ServeOptions): Promise<void> => {
  const { daemon, log, clock, onSignal, service, isTerminal = false, retriesLost = true } = options
  let { config } = options
  /** Configuration changes run one after the other. */
  let changes: Promise<void> = Promise.resolve()
  let isReloadWaiting = false
  /** Whether the last reload failed, as the log, the metrics and the service manager have it. */
  let hasFailed = false
  let draining = false
  let endsAtOnce = false
  let endDelay = (): void => {}
  let giveUp = (): void => {}
  const givenUp = new Promise<'given up'>(resolve => {
    giveUp = () => resolve('given up')
  })
  let cancelGiveUp: (() => void) | undefined
  let cancelRetry = (): void => {}

  const inTurn = (change: () => Promise<void>): Promise<void> => (changes = changes.then(change))

  const usersFiles =
    options.usersFiles &&
    createUsersFiles({
      ...options.usersFiles,
      clock,
      log,
      inTurn,
      config: () => config,
      apply: async next => {
        // An address that is lost already must not keep a user out.
        await daemon.apply(next, { lenient: true })
        config = next
      },
    })

  const { path, look = lookAtFile, reload: readAgain } = options
  /** Whether a reload would change nothing. */
  const isInForce = (read: () => Config): boolean => {
    try {
      return isDeepStrictEqual(read(), config)
    } catch {
      return false
    }
  }

  const configWatch =
    readAgain && path !== undefined
      ? createConfigWatch({
          clock,
          look,
          paths: () => (config.watch ? [path, config.admin.tokenFile ?? []].flat() : []),
          changed: () =>
            inTurn(async () => {
              // A file that was changed back ends the failure too.
              const read = (): Config => {
                const next = readAgain()
                return usersFiles ? keepFileUsers(config, next) : next
              }
              if (hasFailed || !isInForce(read)) await reload(read)
            }),
        })
      : undefined

  const reload = async (read: () => Config): Promise<void> => {
    isReloadWaiting = false
    service?.reloading()
    let failure: string | null = null
    try {
      const next = read()
      await daemon.apply(next)
      log.change(next.log)
      const users = usersFiles ? usersFileChanges(config, next) : []
      config = next
      usersFiles?.follow()
      configWatch?.follow()
      // Compared with the values at the start: a value that was changed back needs no restart.
      const restart = restartKeys(options.config, next)
      log.event({ type: 'reload', ...(restart.length === 0 ? {} : { restart }) })
      for (const [file, change] of users) log.event({ type: 'users', file, ...change })
    } catch (error) {
      const lost = daemon.lost()
      failure = errorOf(error).message
      log.event({ type: 'reload', error: failure, ...(lost === 0 ? {} : { lost }) })
    }
    hasFailed = failure !== null
    service?.reloaded(failure)
    retryLost(LOST_RETRY_MIN_MS)
  }

  const retryLost = (waitMs: number): void => {
    cancelRetry()
    if (!retriesLost || draining || daemon.lost() === 0) return
    cancelRetry = clock.after(waitMs, () => {
      const retry = async (): Promise<void> => {
        // An address that fails again stays lost; it was logged when it was lost.
        await daemon.apply(config, { lenient: true }).catch(() => {})
        retryLost(Math.min(waitMs * 2, LOST_RETRY_MAX_MS))
      }
      void inTurn(retry)
    })
  }

  /** A load balancer has this time to notice that the daemon is not ready; a second signal ends it. */
  const delay = (ms: number): Promise<void> =>
    new Promise(resolve => {
      const cancel = clock.after(ms, resolve)
      endDelay = () => {
        cancel()
        resolve()
      }
    })

  const endConnections = (): void => {
    daemon.endConnections()
    cancelGiveUp ??= clock.after(END_WAIT_MS, giveUp)
  }

  /** @returns the connections that could not be ended, if there are any */
  const drain = async (signal: string): Promise<number | undefined> => {
    draining = true
    const onTerminal = isTerminal && signal === 'SIGINT'
    daemon.beginDrain?.()
    cancelRetry()
    usersFiles?.stop()
    configWatch?.stop()
    const { drainDelayMs: delayMs } = config
    service?.draining(delayMs + config.drainTimeoutMs)
    if (delayMs > 0) {
      log.event({ type: 'drain-delay', signal, delayMs, onTerminal })
      await delay(delayMs)
    }
    // A worker process that hangs answers neither the change nor the drain.
    let cancel = clock.after(config.drainTimeoutMs, endConnections)
    // A pending change would open listeners again after the drain has closed them.
    await changes
    const { drainTimeoutMs: timeoutMs } = config
    cancel()
    cancel = clock.after(timeoutMs, endConnections)
    await daemon.stopAccepting()
    const connections = daemon.connections()
    log.event({ type: 'draining', signal, connections, timeoutMs, onTerminal })
    if (endsAtOnce) endConnections()
    const end = await Promise.race([daemon.idle(), givenUp])
    cancel()
    cancelGiveUp?.()
    return end === 'given up' ? daemon.connections() : undefined
  }

  usersFiles?.follow()
  service?.ready()
  configWatch?.follow()
  const left = await new Promise<number | undefined>((resolve, reject) => {
    const stopListening = onSignal(signal => {
      const read = options.reload
      if (draining) {
        if (signal === 'SIGHUP') return
        endsAtOnce = true
        endDelay()
        endConnections()
      } else if (signal === 'SIGHUP' && read) {
        // One reload serves several signals: it reads the file after the last of them.
        if (isReloadWaiting) return
        isReloadWaiting = true
        void inTurn(() => reload(read))
      } else {
        drain(signal)
          .then(resolve, reject)
          .finally(() => stopListening())
      }
    })
  })
  service?.close()
  daemon.close()
  log.event({ type: 'stopped', ...(left === undefined ? {} : { connections: left }) })
}
