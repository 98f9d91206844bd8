import { EPOLL } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import { ringBell } from '../../libc/ring-bell.ts'
import type { Libc } from '../../libc/types.ts'
import { lookAtResets } from './await-delivery.ts'
import { endRelay } from './end-relay.ts'
import { keepAliveRelays } from './keep-alive.ts'
import { createRelayEngine } from './relay-engine.ts'
import type { RelayEngine } from './relay-engine.ts'
import type { RelayMemory } from './relay-memory.ts'
import { hasRing } from './ring.ts'
import { runDirection } from './run-direction.ts'
import { sweepRelays } from './sweep-relays.ts'
import { takeEvent } from './take-event.ts'
import { takeSubmissions } from './take-submissions.ts'

export type RelayLoopOptions = {
  readonly libc: Libc
  readonly memory: RelayMemory
  /** An eventfd(2) that the main thread writes to when this one waits. */
  readonly wakeFd: number
  /** An eventfd(2) that this thread writes to when relays have ended. */
  readonly notifyFd: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Pipes at a time. */
  readonly pipeLimit?: number
}

export type RelayLoop = {
  readonly engine: RelayEngine
  /**
   * Looks once at everything: what the main thread asks for, what the sockets tell, bulk, silence.
   *
   * @param mayWait waits first, where there is nothing to do, until there is
   * @returns whether there was anything to do
   */
  readonly turn: (mayWait: boolean) => boolean
  /** Ends all relays by `drain`, also those that are still in the ring, and closes what the loop holds. */
  readonly close: () => void
  /** Closes what the loop holds beside the relays' sockets, which are left as they are. */
  readonly abandon: () => void
}

/** In place of a side, in the event of the wake-up descriptor. */
const WAKE_UP = -1

/** The most that epoll_wait can wait: an int of milliseconds. */
const WAIT_MAX_MS = 0x7fff_ffff

/** Bytes of those that had more, between two looks at what the sockets tell. */
const TURN_BYTES = 1_048_576

/** Lets the directions that have more go on, in order, each once at most. */
const runReady = (engine: RelayEngine): void => {
  const { ready, live, memory } = engine
  let rest = TURN_BYTES
  for (let waiting = ready.size(); waiting > 0 && rest > 0; waiting--) {
    const direction = ready.next()
    if (live[direction >> 1] === 0) continue
    const before = memory.bytes[direction] as number
    runDirection(engine, direction)
    rest -= (memory.bytes[direction] as number) - before
  }
}

/**
 * The worker's side of the splice engine. It may be turned by hand.
 *
 * @throws {Failure} EMFILE and what else keeps the system from giving an epoll descriptor
 */
export const createRelayLoop = (options: RelayLoopOptions): RelayLoop => {
  const { libc, memory, wakeFd, notifyFd, now } = options
  const { control } = memory
  const epoll = libc.epollCreate1(EPOLL.CLOEXEC)
  if (epoll < 0) throw errnoError(epoll, 'epoll_create1')
  const engine = createRelayEngine({ ...options, epoll })
  const { events, ready, count, live, pipes } = engine
  // Edge-triggered: each write is told, and nobody has to read.
  libc.epollCtl(epoll, EPOLL.CTL_ADD, wakeFd, events.one(EPOLL.IN | EPOLL.ET, WAKE_UP, 0))

  const dueAt = (): number => Math.min(count.sweepAt, count.lookAt, count.keepAliveAt)

  const waitMs = (): number => {
    const due = dueAt()
    if (due === Infinity) return -1
    return Math.min(WAIT_MAX_MS, Math.max(0, Math.ceil(due - now())))
  }

  /** Says that it waits, and looks once more: whoever puts something in after that will wake it. */
  const wait = (): number => {
    Atomics.store(control, 0, 1)
    const isAsked = hasRing(memory.submissions) || Atomics.load(control, 1) === 1
    const told = libc.epollWait(epoll, events.bytes, events.count, isAsked ? 0 : waitMs())
    Atomics.store(control, 0, 0)
    return told
  }

  const tell = (): void => {
    if (count.ended === 0) return
    count.ended = 0
    ringBell(libc, notifyFd)
  }

  /**
   * Limits are judged by a time that was before everything that the sockets had to report then: what came
   * while this thread could not run, as in a process that was stopped, counts before its relay is
   * judged. Each look at the sockets brings `events.count` of those that were ready first.
   */
  const judge = (at: number, told: number): void => {
    judgedAt = Math.min(judgedAt, at)
    looks = told >= 0 && told < events.count ? Infinity : looks + 1
    if (looks * events.count < 2 * count.live) return
    if (judgedAt >= count.sweepAt) sweepRelays(engine, judgedAt)
    if (judgedAt >= count.lookAt) lookAtResets(engine, judgedAt)
    judgedAt = Infinity
    looks = 0
  }
  let judgedAt = Infinity
  let looks = 0

  const turn = (mayWait: boolean): boolean => {
    const wasAsked = takeSubmissions(engine)
    const at = now()
    const isDue = at >= dueAt()
    const isFree = mayWait && !isDue && !wasAsked && ready.size() === 0
    const told = isFree ? wait() : libc.epollWait(epoll, events.bytes, events.count, 0)
    for (let i = 0; i < told; i++) {
      const side = events.fd(i)
      if (side !== WAKE_UP) takeEvent(engine, side, events.generation(i), events.events(i))
    }
    const hadMore = ready.size() > 0
    if (hadMore) runReady(engine)
    if (at >= count.keepAliveAt) keepAliveRelays(engine)
    if (isDue) judge(at, told)
    tell()
    return wasAsked || told > 0 || hadMore
  }

  const abandon = (): void => {
    pipes.close()
    libc.close(epoll)
  }

  const close = (): void => {
    takeSubmissions(engine)
    for (let slot = 0; slot < memory.capacity; slot++) {
      if (live[slot] === 1) endRelay(engine, slot, 'drain')
    }
    tell()
    abandon()
  }

  return { engine, turn, close, abandon }
}

/** Relays until `control[1]` is 1, then closes everything and returns. What it throws is a bug; the sockets are then left to the main thread. */
export const runRelayLoop = (options: RelayLoopOptions): void => {
  const { control } = options.memory
  const loop = createRelayLoop(options)
  try {
    // To look again before it waits cost those it waits for their processor: one connection had 10,000
    // round trips a second with 20 looks, and 12,700 without.
    while (Atomics.load(control, 1) === 0) loop.turn(true)
  } catch (error) {
    loop.abandon()
    throw error
  }
  loop.close()
}
