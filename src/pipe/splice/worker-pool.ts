import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { KeepAlive } from '../../core/stream-socket.ts'
import type { Libc } from '../../libc/libc.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import type { RelayWorker, StartRelayThread } from './create-relay-worker.ts'
import { createRelayWorker, startRelayThread } from './create-relay-worker.ts'
import { writeKeepAlive } from './relay-timers.ts'

/** The death of a worker younger than this, in milliseconds, is an early death. */
const EARLY_DEATH_MS = 10_000

/**
 * After this many early deaths in a row the pool does not replace the worker: the next one would die as
 * well.
 */
const EARLY_DEATHS_MAX = 3

/** Milliseconds until the pool replaces a worker that died early. */
const REPLACE_DELAY_MS = 1000

/** Milliseconds between two checks whether a starting worker is ready. */
const READY_INTERVAL_MS = 2

/**
 * Milliseconds after which the pool does not wait for a starting worker any more. A start takes some 50 ms,
 * and much longer while a machine boots.
 */
const READY_TIMEOUT_MS = 20_000

/** Milliseconds between two looks whether the workers answer. */
const LOOK_INTERVAL_MS = 5000

/** Milliseconds after which a worker that has not answered hangs. Its relays are lost then already. */
const HANG_MS = 10_000

/** Milliseconds that the workers have to end by themselves. */
const END_TIMEOUT_MS = 1000

/** A worker thread died unexpectedly. */
export type WorkerLoss = {
  readonly message: string
  /** Number of connections that were reset. */
  readonly connections: number
  /** False if the worker died early too often: the pool starts no other in its place. */
  readonly replaced: boolean
}

type WorkerPoolParts = {
  readonly libc: Libc
  readonly poller: Poller
  readonly clock: Clock
  /** Worker threads, 1 or more. */
  readonly workers: number
  /** The most relays at a time of each worker, above 0. Slots that are never used take no memory. */
  readonly capacity: number
  /** The most pipes at a time of each worker, 0 or more. */
  readonly pipes: number
  readonly onLoss: (loss: WorkerLoss) => void
  /**
   * Called with the errno, above 0, if the system refused a pipe. The pool checks when the next relay
   * begins.
   */
  readonly onNoPipe?: (errno: number) => void
  readonly start?: StartRelayThread
}

/** The relay workers of a process. */
type WorkerPool = {
  /**
   * Waits until each worker is ready or has failed to start. It never rejects.
   *
   * @returns the number of ready workers
   */
  readonly started: () => Promise<number>
  /** The worker with the fewest relays among those with a free slot; null if no worker has one. */
  readonly choose: () => RelayWorker | null
  /** Sets keepalive for the targets of relays that begin from now on; null: off, the default. */
  readonly setKeepAlive: (keepAlive: KeepAlive | null) => void
  /** Number of running relays. */
  readonly active: () => number
  /** For how long the slowest worker has not answered that it runs; each call asks anew (`RelayWorker.stalledMs`). */
  readonly stalledMs: () => number
  /**
   * Ends the workers and resets their relays. The poller is not used any more once this returns.
   *
   * @returns resolves when all workers have exited
   */
  readonly close: () => Promise<void>
}

/** The position of one worker in the pool, which its replacements inherit. */
type Position = {
  worker: RelayWorker | null
  startedAt: number
  earlyDeaths: number
  cancel: CancelTimer | null
  /** The worker's refusal count when `onNoPipe` was last called. */
  refusals: number
  /** For how long the worker had not answered at the last look, in milliseconds. */
  stalledMs: number
}

export const createWorkerPool = (parts: WorkerPoolParts): WorkerPool => {
  const { libc, poller, clock, workers, capacity, pipes, onLoss, start = startRelayThread } = parts
  const positions: Position[] = []
  let closing: (() => void) | null = null
  let keepAlive: KeepAlive | null = null
  let cancelLook: CancelTimer | null = null

  const lose = (position: Position, message: string, connections: number): void => {
    const isEarly = clock.now() - position.startedAt < EARLY_DEATH_MS
    position.earlyDeaths = isEarly ? position.earlyDeaths + 1 : 0
    const replaced = position.earlyDeaths < EARLY_DEATHS_MAX
    onLoss({ message, connections, replaced })
    if (!replaced) return
    const fill = (): void => {
      position.cancel = null
      startIn(position)
    }
    position.cancel = clock.after(isEarly ? REPLACE_DELAY_MS : 0, fill)
  }

  const startIn = (position: Position): void => {
    position.startedAt = clock.now()
    const gone = (error: Error | null, lost: number): void => {
      position.worker = null
      if (!closing) lose(position, error?.message ?? 'it ended by itself', lost)
      else if (positions.every(each => !each.worker)) closing()
    }
    let worker: RelayWorker
    try {
      worker = createRelayWorker({ libc, poller, start, capacity, pipes, gone })
    } catch (error) {
      return lose(position, (error as Error).message, 0)
    }
    position.worker = worker
    position.refusals = 0
    position.stalledMs = 0
    writeKeepAlive(worker.slots.memory, keepAlive)
  }

  const reportRefusal = (position: Position, control: Int32Array): void => {
    position.refusals = Atomics.load(control, 5)
    parts.onNoPipe?.(Atomics.load(control, 6))
  }

  const active = (): number =>
    positions.reduce((sum, { worker }) => sum + (worker?.slots.active() ?? 0), 0)

  /** Ends workers that hang. Two looks must find it, because the whole process may have been stopped. */
  const endHung = (): void => {
    const now = clock.now()
    for (const position of positions) {
      const before = position.stalledMs
      position.stalledMs = position.worker?.stalledMs(now) ?? 0
      if (before > 0 && position.stalledMs >= HANG_MS)
        position.worker?.kill(`it did not answer for ${Math.round(position.stalledMs / 1000)} s`)
    }
    cancelLook = active() > 0 ? clock.after(LOOK_INTERVAL_MS, endHung) : null
  }

  const choose = (): RelayWorker | null => {
    let chosen: RelayWorker | null = null
    for (const position of positions) {
      const { worker } = position
      if (!worker?.isReady() || !worker.slots.hasFreeSlot()) continue
      const { control } = worker.slots.memory
      if (control[5] !== position.refusals) reportRefusal(position, control)
      if (!chosen || worker.slots.active() < chosen.slots.active()) chosen = worker
    }
    if (chosen) cancelLook ??= clock.after(LOOK_INTERVAL_MS, endHung)
    return chosen
  }

  const isPending = ({ worker, cancel }: Position): boolean =>
    cancel !== null || (worker !== null && !worker.isReady())

  for (let i = 0; i < workers; i++) {
    const position: Position = {
      worker: null,
      startedAt: 0,
      earlyDeaths: 0,
      cancel: null,
      refusals: 0,
      stalledMs: 0,
    }
    positions.push(position)
    startIn(position)
  }

  return {
    started: () =>
      new Promise(resolve => {
        const end = clock.now() + READY_TIMEOUT_MS
        const look = (): void => {
          if (!closing && clock.now() < end && positions.some(isPending)) {
            clock.after(READY_INTERVAL_MS, look)
          } else resolve(positions.filter(({ worker }) => worker?.isReady()).length)
        }
        look()
      }),
    choose,
    setKeepAlive: next => {
      keepAlive = next
      for (const { worker } of positions) if (worker) writeKeepAlive(worker.slots.memory, next)
    },
    active,
    stalledMs: () => {
      const now = clock.now()
      return Math.max(0, ...positions.map(({ worker }) => worker?.stalledMs(now) ?? 0))
    },
    close: () =>
      new Promise(resolve => {
        cancelLook?.()
        const cancel = clock.after(END_TIMEOUT_MS, () => {
          for (const { worker } of positions) worker?.kill('it did not end')
        })
        closing = () => {
          cancel()
          resolve()
        }
        for (const position of positions) {
          position.cancel?.()
          position.cancel = null
          position.worker?.end()
        }
        if (positions.every(({ worker }) => !worker)) closing()
      }),
  }
}
