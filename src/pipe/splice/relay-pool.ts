import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { KeepAlive } from '../../core/keep-alive.ts'
import type { Poller } from '../../libc/poller-types.ts'
import type { Libc } from '../../libc/types.ts'
import { createRelayWorker } from './create-relay-worker.ts'
import type { RelayWorker } from './create-relay-worker.ts'
import { writeKeepAlive } from './keep-alive.ts'
import { startRelayThread } from './start-relay-thread.ts'
import type { StartRelayThread } from './start-relay-thread.ts'

/** A worker that lives for less than this has died early. */
const EARLY_DEATH_MS = 10_000

/** After so many early deaths in a row a worker is not replaced any more: the next would die as well. */
const EARLY_DEATHS_MAX = 3

/** How long a worker that died early is missed before there is another. */
const REPLACE_DELAY_MS = 1000

/** How often a worker that starts is asked whether it is ready. */
const READY_INTERVAL_MS = 2

/** A worker that is not ready by then is not waited for. It takes some 50 ms, and much longer while a machine boots. */
const READY_TIMEOUT_MS = 20_000

/** A worker died without being told to. */
export type RelayLoss = {
  readonly message: string
  /** Connections that were reset. */
  readonly connections: number
  /** False where it died early too often: there will be no other in its place. */
  readonly replaced: boolean
}

export type RelayPoolParts = {
  readonly libc: Libc
  readonly poller: Poller
  readonly clock: Clock
  /** Worker threads, 1 or more. */
  readonly workers: number
  /** Relays at a time of each worker, above 0. Room that is never used costs no memory. */
  readonly capacity: number
  /** Pipes at a time of each worker, 0 or more. */
  readonly pipes: number
  readonly onLoss: (loss: RelayLoss) => void
  /** Hears that the system refused a pipe, with the errno, above 0: when the next relay begins. */
  readonly onNoPipe?: (errno: number) => void
  readonly start?: StartRelayThread
}

/** The relay workers of a process. */
export type RelayPool = {
  /** Waits until each worker is ready, or cannot be. It never rejects. @returns how many are ready */
  readonly started: () => Promise<number>
  /** The worker that has least to do, of those that have room. Null where there is none just now. */
  readonly choose: () => RelayWorker | null
  /** Keepalive of the targets of relays that begin from now on; null: off, as at first. */
  readonly setKeepAlive: (keepAlive: KeepAlive | null) => void
  /** Relays that run. */
  readonly active: () => number
  /** Bytes that were moved since the start, from clients and from targets. */
  readonly bytes: () => { readonly up: number; readonly down: number }
  /** Ends the workers; what they relay is reset. The poller is not used any more once this returns. @returns resolves when they are gone */
  readonly close: () => Promise<void>
}

/** The place of one worker, and what those before it have left. */
type Seat = {
  worker: RelayWorker | null
  startedAt: number
  earlyDeaths: number
  cancel: CancelTimer | null
  /** How often its worker was refused a pipe, as far as `onNoPipe` has heard. */
  refusals: number
}

export const createRelayPool = (parts: RelayPoolParts): RelayPool => {
  const { libc, poller, clock, workers, capacity, pipes, onLoss, start = startRelayThread } = parts
  const seats: Seat[] = []
  let closing: (() => void) | null = null
  let keepAlive: KeepAlive | null = null
  let pastUp = 0
  let pastDown = 0

  const lose = (seat: Seat, message: string, connections: number): void => {
    const isEarly = clock.now() - seat.startedAt < EARLY_DEATH_MS
    seat.earlyDeaths = isEarly ? seat.earlyDeaths + 1 : 0
    const replaced = seat.earlyDeaths < EARLY_DEATHS_MAX
    onLoss({ message, connections, replaced })
    if (!replaced) return
    const fill = (): void => {
      seat.cancel = null
      startIn(seat)
    }
    seat.cancel = clock.after(isEarly ? REPLACE_DELAY_MS : 0, fill)
  }

  const startIn = (seat: Seat): void => {
    seat.startedAt = clock.now()
    const gone = (error: Error | null, lost: number): void => {
      const { up, down } = worker.slots.bytes()
      pastUp += up
      pastDown += down
      seat.worker = null
      if (!closing) lose(seat, error?.message ?? 'it ended by itself', lost)
      else if (seats.every(each => !each.worker)) closing()
    }
    let worker: RelayWorker
    try {
      worker = createRelayWorker({ libc, poller, start, capacity, pipes, gone })
    } catch (error) {
      return lose(seat, (error as Error).message, 0)
    }
    seat.worker = worker
    seat.refusals = 0
    writeKeepAlive(worker.slots.memory, keepAlive)
  }

  const hearRefusal = (seat: Seat, control: Int32Array): void => {
    seat.refusals = Atomics.load(control, 5)
    parts.onNoPipe?.(Atomics.load(control, 6))
  }

  /** The worker with room that has least to do. */
  const choose = (): RelayWorker | null => {
    let chosen: RelayWorker | null = null
    for (const seat of seats) {
      const { worker } = seat
      if (!worker?.isReady() || !worker.slots.hasRoom()) continue
      const { control } = worker.slots.memory
      if (control[5] !== seat.refusals) hearRefusal(seat, control)
      if (!chosen || worker.slots.active() < chosen.slots.active()) chosen = worker
    }
    return chosen
  }

  const isPending = ({ worker, cancel }: Seat): boolean =>
    cancel !== null || (worker !== null && !worker.isReady())

  for (let i = 0; i < workers; i++) {
    const seat: Seat = { worker: null, startedAt: 0, earlyDeaths: 0, cancel: null, refusals: 0 }
    seats.push(seat)
    startIn(seat)
  }

  return {
    started: () =>
      new Promise(resolve => {
        const end = clock.now() + READY_TIMEOUT_MS
        const look = (): void => {
          if (!closing && clock.now() < end && seats.some(isPending)) {
            clock.after(READY_INTERVAL_MS, look)
          } else resolve(seats.filter(({ worker }) => worker?.isReady()).length)
        }
        look()
      }),
    choose,
    setKeepAlive: next => {
      keepAlive = next
      for (const { worker } of seats) if (worker) writeKeepAlive(worker.slots.memory, next)
    },
    active: () => seats.reduce((sum, { worker }) => sum + (worker?.slots.active() ?? 0), 0),
    bytes: () => {
      let [up, down] = [pastUp, pastDown]
      for (const { worker } of seats) {
        const now = worker?.slots.bytes()
        up += now?.up ?? 0
        down += now?.down ?? 0
      }
      return { up, down }
    },
    close: () =>
      new Promise(resolve => {
        closing = resolve
        for (const seat of seats) {
          seat.cancel?.()
          seat.cancel = null
          seat.worker?.end()
        }
        if (seats.every(({ worker }) => !worker)) resolve()
      }),
  }
}
