import { addInputTurn } from '../core/clock.ts'
import { EPOLL, ERRNO, O } from './constants.ts'
import type { OnEvents, Poller } from './epoll-events.ts'
import { createEpollEvents, wakeUp } from './epoll-events.ts'
import { errnoError } from './errno-error.ts'
import type { Libc } from './libc.ts'
import { loopDescriptor } from './load-libc.ts'
import { onExit } from './on-exit.ts'

/** The most events of one epoll_wait; the rest follow in the next turn. */
const EVENTS_MAX = 256

/**
 * Consecutive turns of Node's loop without events before it waits. With 20, other processes on a busy
 * machine got less CPU time.
 */
const EMPTY_TURNS_MAX = 1

/**
 * How often the main thread itself waits, if it can see events of Node's loop, before it leaves the wait to
 * another thread, which costs more to wake. Only Node's timers may be late by that.
 */
const SHORT_WAITS_MAX = 8
const SHORT_WAIT_MS = 1

/** The events of each watch, as a signed number like those that epoll_wait returns. */
const WATCHED = EPOLL.IN | EPOLL.PRI | EPOLL.OUT | EPOLL.RDHUP | EPOLL.ET | 0

const NO_TIMEOUT_MS = -1

/** Turns in which all ready events were handled, before a late deadline may run. */
const TURNS_AFTER_READY = 2

/** The longest wait in milliseconds, if the pool has one thread only and other work needs it. */
const ONLY_THREAD_TIMEOUT_MS = 10

const LOOP_WATCHED = EPOLL.IN | EPOLL.ET | 0

const NONE: readonly (() => void)[] = []

const orThrow = (result: number, syscall: string): number => {
  if (result < 0) throw errnoError(result, syscall)
  return result
}

/** Throws an exception of one handler in a tick of its own, so that it does not affect the other handlers. */
const surface = (error: unknown): void => {
  process.nextTick(() => {
    throw error
  })
}

/**
 * Creates a poller. While events arrive, it polls in every turn of Node's loop; after a turn without any,
 * the main thread waits a few times for a millisecond, for its own events and Node's; then a thread of
 * libuv's pool waits. So an idle process uses no CPU, and one thread of the pool (`UV_THREADPOOL_SIZE`). It
 * is for the main thread: a worker that is terminated would wait for its pool thread.
 *
 * @param loop the descriptor that reports events of Node's loop; -1: unknown, and the main thread never
 *   waits
 * @returns throws the system's error (EMFILE, ENFILE) if no descriptor is available; it needs two
 */
export const createPoller = (libc: Libc, loop: number = loopDescriptor()): Poller => {
  const epoll = orThrow(libc.epollCreate1(EPOLL.CLOEXEC), 'epoll_create1')
  const events = createEpollEvents(EVENTS_MAX)
  const wakeFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  if (wakeFd < 0) {
    libc.close(epoll)
    throw errnoError(wakeFd, 'eventfd')
  }
  // Edge-triggered too: each write is one event, and the counter is never read.
  libc.epollCtl(epoll, EPOLL.CTL_ADD, wakeFd, events.one(EPOLL.IN | EPOLL.ET | 0, wakeFd, 0))

  // Indexed by descriptor. Two arrays take less memory than an object per descriptor.
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
  /** A turn is scheduled. */
  let scheduled = false
  /** A pool thread waits or is about to, and owns `events`. */
  let waiting = false
  let closed = false

  const wake = (): void => wakeUp(libc, wakeFd)

  const dispatch = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const fd = events.fd(i)
      if (fd === loop) empty = 0
      const onEvents = handlers[fd]
      // The descriptor number may have been reused since the event.
      if (onEvents === undefined || generations[fd] !== events.generation(i)) continue
      empty = 0
      try {
        onEvents(events.events(i))
      } catch (error) {
        surface(error)
      }
    }
  }

  /** Takes the functions queued so far: those that they queue themselves run in the next turn. */
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

  /** @param seesAll all ready events were handled in this turn; otherwise more follow in the next */
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

  /** While the pool thread waits, it must not wake for events that Node handles anyway. */
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
    libc.close(wakeFd)
  }

  const soon = (run: () => void): void => {
    runs.push(run)
    if (!scheduled) schedule()
  }

  /**
   * Runs a function after the events that are ready now, and after functions that their handlers pass to
   * `soon`.
   */
  const afterReady = (run: () => void): void => {
    if (closed) return soon(run)
    late.push({ run, turns: TURNS_AFTER_READY })
    // The pool thread must return its events first.
    if (waiting) wake()
    else if (!scheduled) schedule()
  }

  seeLoop(EPOLL.CTL_ADD)
  const leaveInput = addInputTurn(afterReady)
  // At exit Node waits for all threads of the pool.
  const forgetExit = onExit(wake)

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
      if (--watched === 0 && waiting) wake()
    },
    soon,
    close: () => {
      if (closed) return
      closed = true
      handlers.length = 0
      leaveInput()
      for (const { run } of late.splice(0)) soon(run)
      // The pool thread still uses the descriptor; it must return first.
      if (waiting) wake()
      else giveBack()
    },
  }
}
