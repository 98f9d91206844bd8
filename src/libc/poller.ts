import { addInputTurn } from '../core/after-input.ts'
import { EPOLL, ERRNO, O } from './constants.ts'
import { createEpollEvents } from './epoll-events.ts'
import { errnoError } from './errno-error.ts'
import { loopDescriptor } from './loop-descriptor.ts'
import { onExit } from './on-exit.ts'
import type { OnEvents, Poller } from './poller-types.ts'
import { ringBell } from './ring-bell.ts'
import type { Libc } from './types.ts'

/** Events that one call of epoll_wait may bring; the rest comes in the next turn. */
const EVENTS_MAX = 256

/** Turns of Node's loop in a row that may bring nothing before it waits. With 20 others had less of a busy machine. */
const EMPTY_TURNS_MAX = 1

/**
 * Where it can see what is there for Node, the main thread waits itself so many times, before another
 * thread does, which is dearer to wake. Only timers of Node may be late by that.
 */
const SHORT_WAITS_MAX = 8
const SHORT_WAIT_MS = 1

/** What each descriptor is watched for; as a signed number, as epoll's events are kept. */
const WATCHED = EPOLL.IN | EPOLL.PRI | EPOLL.OUT | EPOLL.RDHUP | EPOLL.ET | 0

const NO_TIMEOUT_MS = -1

/** Turns in which all that is ready was seen, before a late deadline may come. */
const TURNS_AFTER_READY = 2

/** How long the only thread of a pool may be kept from other work. */
const ONLY_THREAD_TIMEOUT_MS = 10

const LOOP_WATCHED = EPOLL.IN | EPOLL.ET | 0

const NONE: readonly (() => void)[] = []

const orThrow = (result: number, syscall: string): number => {
  if (result < 0) throw errnoError(result, syscall)
  return result
}

/** An exception of one handler is nobody else's: it is thrown where no caller of ours is below it. */
const surface = (error: unknown): void => {
  process.nextTick(() => {
    throw error
  })
}

/**
 * Makes a poller. While events come it looks for more in every turn of Node's loop; after one without
 * any the main thread waits a few times for a millisecond, for events and for what is Node's; then it
 * has a thread of libuv's pool wait. So an idle process uses no CPU, and one thread of the pool
 * (`UV_THREADPOOL_SIZE`). For the main thread: a worker that is terminated would wait for its own.
 *
 * @param loop the descriptor that tells what is there for Node; -1: there is none, and the main thread
 *   never waits
 * @returns throws the system's error (EMFILE, ENFILE) where there is no descriptor to be had; it needs two
 */
export const createPoller = (libc: Libc, loop: number = loopDescriptor()): Poller => {
  const epoll = orThrow(libc.epollCreate1(EPOLL.CLOEXEC), 'epoll_create1')
  const events = createEpollEvents(EVENTS_MAX)
  const bell = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  if (bell < 0) {
    libc.close(epoll)
    throw errnoError(bell, 'eventfd')
  }
  // Edge-triggered as well: each ring is one event, and the count is never read.
  libc.epollCtl(epoll, EPOLL.CTL_ADD, bell, events.one(EPOLL.IN | EPOLL.ET | 0, bell, 0))

  // By descriptor. Two arrays are less memory than an object for each.
  const handlers: (OnEvents | undefined)[] = []
  const generations: number[] = []
  const alone = !(Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) > 1)
  const timeoutMs = alone ? ONLY_THREAD_TIMEOUT_MS : NO_TIMEOUT_MS
  const emptyTurnsMax = EMPTY_TURNS_MAX + (loop < 0 ? 0 : SHORT_WAITS_MAX)
  let generation = 0
  let watched = 0
  let runs: (() => void)[] = []
  let late: { readonly run: () => void; turns: number }[] = []
  let empty = 0
  /** A turn is to come. */
  let scheduled = false
  /** A thread waits, or is about to, and `events` are its own. */
  let waiting = false
  let closed = false

  const ring = (): void => ringBell(libc, bell)

  const dispatch = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const fd = events.fd(i)
      if (fd === loop) empty = 0
      const onEvents = handlers[fd]
      // The number may have another use since the event came.
      if (onEvents === undefined || generations[fd] !== events.generation(i)) continue
      empty = 0
      try {
        onEvents(events.events(i))
      } catch (error) {
        surface(error)
      }
    }
  }

  /** What is put off while others have their turn comes in the next one. */
  const takeQueued = (): readonly (() => void)[] => {
    if (runs.length === 0) return NONE
    const queued = runs
    runs = []
    return queued
  }

  const runAll = (queued: readonly (() => void)[]): void => {
    for (const run of queued) {
      try {
        run()
      } catch (error) {
        surface(error)
      }
    }
  }

  /** @param seesAll all that is ready was seen in this turn: else more of it comes in the next */
  const takeLate = (seesAll: boolean): readonly (() => void)[] => {
    if (late.length === 0 || !seesAll) return NONE
    for (const each of late) each.turns--
    const due = late.filter(({ turns }) => turns === 0)
    late = late.filter(({ turns }) => turns > 0)
    return due.map(({ run }) => run)
  }

  const goOn = (count: number, seesAll = false): void => {
    empty++
    const queued = takeQueued()
    if (count > 0) dispatch(count)
    runAll(queued)
    runAll(takeLate(seesAll))
    if (closed || scheduled) return
    if (runs.length > 0 || late.length > 0) schedule()
    else if (watched === 0) return
    else if (empty < emptyTurnsMax) schedule()
    else wait()
  }

  const turn = (): void => {
    scheduled = false
    if (waiting || closed) runAll(takeQueued())
    else {
      const isBusy = empty < EMPTY_TURNS_MAX || runs.length > 0 || late.length > 0
      const count = libc.epollWait(epoll, events.bytes, events.count, isBusy ? 0 : SHORT_WAIT_MS)
      goOn(count, count >= 0 && count < events.count)
    }
  }

  const schedule = (): void => {
    scheduled = true
    setImmediate(turn)
  }

  /** The thread that waits is not to be woken for what Node sees by itself. */
  const seeLoop = (operation: number): void => {
    if (loop >= 0) libc.epollCtl(epoll, operation, loop, events.one(LOOP_WATCHED, loop, 0))
  }

  const wait = (): void => {
    waiting = true
    seeLoop(EPOLL.CTL_DEL)
    libc.epollWaitLater(epoll, events.bytes, events.count, timeoutMs, onWaited)
  }

  const onWaited = (count: number): void => {
    waiting = false
    if (closed) return giveBack()
    seeLoop(EPOLL.CTL_ADD)
    goOn(count)
  }

  const giveBack = (): void => {
    forgetExit()
    libc.close(epoll)
    libc.close(bell)
  }

  const soon = (run: () => void): void => {
    runs.push(run)
    if (!scheduled) schedule()
  }

  /** Descriptors that are ready now have their events first, and what these put off by `soon`. */
  const afterReady = (run: () => void): void => {
    if (closed) return soon(run)
    late.push({ run, turns: TURNS_AFTER_READY })
    // What the other thread is given it gives back first.
    if (waiting) ring()
    else if (!scheduled) schedule()
  }

  seeLoop(EPOLL.CTL_ADD)
  const leaveInput = addInputTurn(afterReady)
  // A process that ends waits for all threads of the pool.
  const forgetExit = onExit(ring)

  return {
    watch: (fd, onEvents) => {
      if (closed) return -ERRNO.EBADF
      const next = (generation + 1) | 0
      const result = libc.epollCtl(epoll, EPOLL.CTL_ADD, fd, events.one(WATCHED, fd, next))
      if (result < 0) return result
      generation = next
      if (handlers[fd] === undefined) watched++
      handlers[fd] = onEvents
      generations[fd] = next
      if (!waiting && !scheduled) schedule()
      return 0
    },
    unwatch: fd => {
      if (handlers[fd] === undefined) return
      libc.epollCtl(epoll, EPOLL.CTL_DEL, fd, events.one(0, fd, 0))
      handlers[fd] = undefined
      if (--watched === 0 && waiting) ring()
    },
    soon,
    close: () => {
      if (closed) return
      closed = true
      handlers.length = 0
      leaveInput()
      for (const { run } of late.splice(0)) soon(run)
      // The thread has the descriptor in its hands; it gets out first.
      if (waiting) ring()
      else giveBack()
    },
  }
}
