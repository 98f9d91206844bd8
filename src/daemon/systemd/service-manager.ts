import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../log/types.ts'
import type { SendNotification } from '../../net/host/notify-socket.ts'
import type { Daemon, ServiceManager } from '../types.ts'
import type { Notification } from './notification.ts'
import { encodeNotification } from './notification.ts'

/** How often the status is compared with the last one that was sent. */
export const STATUS_INTERVAL_MS = 5000

/** How long a message waits that found the socket full. */
export const RETRY_MS = 200

/**
 * From this time without an answer a relay worker counts as one that hangs. The look for hung relay workers asks them
 * too, so the last question may be only just asked.
 */
const STALLED_MIN_MS = 1000

/** Messages that wait for a full socket; older ones are dropped. */
const WAITING_MAX = 8

/** The service manager waits for so much more than `drainTimeout`: the daemon then ends its connections itself. */
export const STOP_MARGIN_MS = 10_000

export type ServiceManagerParts = {
  readonly send: SendNotification
  readonly watchdogMs: number | null
  readonly daemon: Pick<Daemon, 'connections' | 'processes' | 'lost' | 'stalledMs'>
  readonly clock: Clock
  readonly log: Pick<Log, 'event'>
  /** CLOCK_MONOTONIC in microseconds, as the service manager reads it. */
  readonly monotonicUs: () => bigint
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/**
 * Tells the service manager what the daemon does. It sends what matters again if the socket is full, and never
 * waits for it.
 */
export const createServiceManager = (parts: ServiceManagerParts): ServiceManager => {
  const { send, watchdogMs, daemon, clock, log, monotonicUs } = parts
  let phase: 'starting' | 'serving' | 'draining' = 'starting'
  let reloadError: string | null = null
  let sentStatus = ''
  let isStalled = false
  let waiting: string[] = []
  let cancelRetry: (() => void) | undefined
  let cancelStatus = (): void => {}
  let cancelWatchdog = (): void => {}

  const status = (): string => {
    const connections = counted(daemon.connections(), 'connection')
    if (phase === 'draining') return `draining, ${connections} left`
    const processes = daemon.processes()
    const lost = daemon.lost()
    return [
      `serving, ${connections}`,
      ...(processes === 1 ? [] : [counted(processes, 'process', 'processes')]),
      ...(lost === 0 ? [] : [`${counted(lost, 'address', 'addresses')} not open`]),
      ...(reloadError === null ? [] : [`the last reload failed: ${reloadError}`]),
    ].join(', ')
  }

  const retry = (): void => {
    cancelRetry = undefined
    const texts = waiting
    waiting = []
    for (const text of texts) deliver(text)
  }

  /** Sends in order: what waits already goes first. */
  const deliver = (text: string): void => {
    if (waiting.length === 0 && send(text) !== 'full') return
    waiting = [...waiting, text].slice(-WAITING_MAX)
    cancelRetry ??= clock.after(RETRY_MS, retry)
  }

  const tell = (message: Notification): void => {
    sentStatus = status()
    deliver(encodeNotification({ ...message, status: sentStatus }))
  }

  const followStatus = (): void => {
    cancelStatus = clock.after(STATUS_INTERVAL_MS, () => {
      const now = status()
      // One that finds the socket full is not worth a retry: the next look sends what is true then.
      if (now !== sentStatus && send(encodeNotification({ status: now })) === 'sent')
        sentStatus = now
      followStatus()
    })
  }

  const feed = (everyMs: number): void => {
    const stalledMs = daemon.stalledMs?.() ?? 0
    const wasStalled = isStalled
    isStalled = stalledMs >= STALLED_MIN_MS
    const isFull = !isStalled && send(encodeNotification({ watchdog: true })) === 'full'
    if (isStalled && !wasStalled) log.event({ type: 'stalled', durationMs: Math.round(stalledMs) })
    // What could not be sent is tried again soon: at the next turn the time would be over. A relay worker that hangs
    // may have been replaced until then.
    const nextMs = isFull || isStalled ? Math.min(RETRY_MS, everyMs) : everyMs
    cancelWatchdog = clock.after(nextMs, () => feed(everyMs))
  }

  return {
    ready: () => {
      phase = 'serving'
      tell({ state: 'ready' })
      followStatus()
      if (watchdogMs !== null) feed(watchdogMs / 2)
    },
    reloading: () => tell({ reloadingAtUs: monotonicUs() }),
    reloaded: error => {
      reloadError = error
      // A reload that was under way when the daemon began to drain.
      if (phase === 'draining') return
      tell({ state: 'ready' })
    },
    draining: timeoutMs => {
      phase = 'draining'
      tell({ state: 'stopping', extendTimeoutMs: timeoutMs + STOP_MARGIN_MS })
    },
    close: () => {
      cancelRetry?.()
      cancelStatus()
      cancelWatchdog()
    },
  }
}
