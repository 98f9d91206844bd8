import { EPOLL } from '../../libc/constants.ts'
import { wakeUp } from '../../libc/epoll-events.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import { endRelay } from './end-relay.ts'
import { checkResets } from './fail-relay.ts'
import type { RelayEngine } from './relay-engine.ts'
import { createRelayEngine } from './relay-engine.ts'
import type { RelayMemory } from './relay-memory.ts'
import { hasRing } from './relay-memory.ts'
import { keepAliveRelays, sweepRelays } from './relay-timers.ts'
import { runDirection, takeEvent } from './run-direction.ts'
import { takeSubmissions } from './take-submissions.ts'

export type RelayLoopOptions = {
  readonly libc: Libc
  readonly memory: RelayMemory
  /** An eventfd(2) that the main thread writes to while this thread waits. */
  readonly wakeFd: number
  /** An eventfd(2) that this thread writes to when relays have ended. */
  readonly notifyFd: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The most pipes at a time. */
  readonly pipeLimit?: number
}

export type RelayLoop = {
  readonly engine: RelayEngine
  /**
   * Runs one iteration: submissions of the main thread, socket events, bulk, timeouts.
   *
   * @param mayWait wait for an event first if there is nothing to do
   * @returns whether there was anything to do
   */
  readonly turn: (mayWait: boolean) => boolean
  /**
   * Ends all relays with reason `drain`, those still in the ring too, and closes the descriptors of the
   * loop.
   */
  readonly close: () => void
  /** Closes the descriptors of the loop, and leaves the relays' sockets as they are. */
  readonly abandon: () => void
}

/** The side number in events of the wake-up descriptor. */
const WAKE_UP = -1

/** The longest timeout of epoll_wait: the maximum of an int, in milliseconds. */
const WAIT_MAX_MS = 0x7fff_ffff

/** Bytes moved for directions that had more to do, between two calls of epoll_wait. */
const TURN_BYTES = 1_048_576

/** Runs the directions of the ready list in order, each at most once. */
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
 * Creates the loop of a relay worker. Tests may call `turn` by themselves.
 *
 * @throws {Failure} the error of epoll_create1(2), such as EMFILE
 */
export const createRelayLoop = (options: RelayLoopOptions): RelayLoop => {
  const { libc, memory, wakeFd, notifyFd, now } = options
  const { control } = memory
  const epoll = libc.epollCreate1(EPOLL.CLOEXEC)
  if (epoll < 0) throw errnoError(epoll, 'epoll_create1')
  const engine = createRelayEngine({ ...options, epoll })
  const { events, ready, count, live, pipes } = engine
  // With edge-triggered epoll each write is reported, and nobody has to read the eventfd.
  libc.epollCtl(epoll, EPOLL.CTL_ADD, wakeFd, events.one(EPOLL.IN | EPOLL.ET, WAKE_UP, 0))

  const dueAt = (): number => Math.min(count.sweepAt, count.checkAt, count.keepAliveAt)

  const waitMs = (): number => {
    const due = dueAt()
    if (due === Infinity) return -1
    return Math.min(WAIT_MAX_MS, Math.max(0, Math.ceil(due - now())))
  }

  /**
   * Sets the waiting flag, then checks the ring once more: a submission after that sees the flag and
   * wakes this thread.
   */
  const wait = (): number => {
    Atomics.store(control, 0, 1)
    const hasWork = hasRing(memory.submissions) || Atomics.load(control, 1) === 1
    const eventCount = libc.epollWait(epoll, events.bytes, events.count, hasWork ? 0 : waitMs())
    Atomics.store(control, 0, 0)
    return eventCount
  }

  const notify = (): void => {
    if (count.ended === 0) return
    count.ended = 0
    wakeUp(libc, notifyFd)
  }

  /**
   * Compares timeouts with a time before the last socket events, so that bytes which arrived while this
   * thread could not run (a stopped process) count before their relay times out. One epoll_wait returns at
   * most `events.count` events, so it takes several to see all sockets.
   */
  const judge = (at: number, eventCount: number): void => {
    judgedAt = Math.min(judgedAt, at)
    looks = eventCount >= 0 && eventCount < events.count ? Infinity : looks + 1
    if (looks * events.count < 2 * count.live) return
    if (judgedAt >= count.sweepAt) sweepRelays(engine, judgedAt)
    if (judgedAt >= count.checkAt) checkResets(engine, judgedAt)
    judgedAt = Infinity
    looks = 0
  }
  let judgedAt = Infinity
  let looks = 0

  const turn = (mayWait: boolean): boolean => {
    const hadSubmissions = takeSubmissions(engine)
    const at = now()
    const isDue = at >= dueAt()
    const isFree = mayWait && !isDue && !hadSubmissions && ready.size() === 0
    const eventCount = isFree ? wait() : libc.epollWait(epoll, events.bytes, events.count, 0)
    for (let i = 0; i < eventCount; i++) {
      const side = events.fd(i)
      if (side !== WAKE_UP) takeEvent(engine, side, events.generation(i), events.events(i))
      else Atomics.store(control, 8, Atomics.load(control, 7))
    }
    const hadMore = ready.size() > 0
    if (hadMore) runReady(engine)
    if (at >= count.keepAliveAt) keepAliveRelays(engine)
    if (isDue) judge(at, eventCount)
    notify()
    return hadSubmissions || eventCount > 0 || hadMore
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
    notify()
    abandon()
  }

  return { engine, turn, close, abandon }
}

/**
 * Relays until `control[1]` is 1, then closes everything and returns. An exception is a bug; the main
 * thread then closes the sockets.
 */
export const runRelayLoop = (options: RelayLoopOptions): void => {
  const { control } = options.memory
  const loop = createRelayLoop(options)
  try {
    // The loop does not poll before it waits, as this takes processor time from the peers: one connection
    // had 10,000 round trips a second with 20 polls, and 12,700 without.
    while (Atomics.load(control, 1) === 0) loop.turn(true)
  } catch (error) {
    loop.abandon()
    throw error
  }
  loop.close()
}
