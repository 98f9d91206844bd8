import { Worker } from 'node:worker_threads'
import { resetOnClose } from '../../libc/connected-socket.ts'
import { O } from '../../libc/constants.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import { wakeUp } from '../../libc/epoll-events.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import { onExit } from '../../libc/on-exit.ts'
import type { SharedRelayMemory } from './relay-memory.ts'
import type { RelayJob, RelayOwner, RelaySlots } from './relay-slots.ts'
import { createRelaySlots } from './relay-slots.ts'

/** What a relay worker gets. The main thread closes the two eventfds after the worker has exited. */
export type RelayWorkerData = {
  readonly memory: SharedRelayMemory
  /** An eventfd that the main thread writes to if the worker waits and has work. */
  readonly wakeFd: number
  /** An eventfd that the worker writes to when relays have ended. */
  readonly notifyFd: number
  /** The most pipes at a time, 0 or more. */
  readonly pipes: number
}

/** A started worker thread, as the pool sees it. */
export type RelayThread = {
  /** @param failed called with what the worker threw, before `exited` */
  readonly listen: (failed: (error: Error) => void, exited: () => void) => void
  /** Ends the thread wherever it is, except within a call of the C library. */
  readonly terminate: () => void
}

export type StartRelayThread = (data: RelayWorkerData) => RelayThread

/** Starts a relay worker in a thread of its own. */
export const startRelayThread: StartRelayThread = workerData => {
  const worker = new Worker(new URL('./relay-worker.js', import.meta.url), { workerData })
  return {
    listen: (failed, exited) => {
      worker.on('error', failed).on('exit', exited)
    },
    terminate: () => void worker.terminate(),
  }
}

export type RelayWorkerParts = {
  readonly libc: Libc
  readonly poller: Poller
  readonly start: StartRelayThread
  /** Relays at a time, above 0. */
  readonly capacity: number
  /** Pipes at a time, 0 or more. */
  readonly pipes: number
  /**
   * Called when the worker thread has exited and each of its relays has been reported to its owner.
   *
   * @param error what the thread threw; null if it exited without an exception
   * @param lost number of relays that the thread had not ended, and that were reset
   */
  readonly gone: (error: Error | null, lost: number) => void
}

/** One worker thread from start to exit. The pool replaces it, not this module. */
export type RelayWorker = {
  /** True from the thread's first wait for work until it ends. */
  readonly isReady: () => boolean
  readonly slots: RelaySlots
  /**
   * Begins a relay. Call it only while `slots.hasFreeSlot()`, and before `gone`.
   *
   * @returns the slot, for `stop`
   */
  readonly begin: (job: RelayJob, owner: RelayOwner) => number
  readonly stop: (slot: number, owner: RelayOwner) => void
  /**
   * Asks the thread whether it runs, unless the last question is not answered yet.
   *
   * @param now monotonic milliseconds
   * @returns for how long the last question has not been answered; 0 if it has, or the thread is not ready
   */
  readonly stalledMs: (now: number) => number
  /** Ends the thread: its relays are reset, with reason `drain`. `gone` follows. */
  readonly end: () => void
  /**
   * Ends a thread that hangs: its relays are reset, and `gone` follows. If the thread does not end even so, the
   * worker is not ready any more, and stays stalled.
   */
  readonly kill: (reason: string) => void
}

/**
 * Starts a worker thread.
 *
 * @throws the system's error (EMFILE, ENFILE, ENOMEM) if eventfd(2) or epoll_ctl(2) fails
 */
export const createRelayWorker = (parts: RelayWorkerParts): RelayWorker => {
  const { libc, poller, gone } = parts
  const slots = createRelaySlots(parts.capacity)
  const { control } = slots.memory
  const wakeFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  if (wakeFd < 0) throw errnoError(wakeFd, 'eventfd')
  const notifyFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  const watched = notifyFd < 0 ? notifyFd : poller.watch(notifyFd, slots.takeDone)
  if (watched < 0) {
    libc.close(wakeFd)
    if (notifyFd >= 0) libc.close(notifyFd)
    throw errnoError(watched, notifyFd < 0 ? 'eventfd' : 'epoll_ctl')
  }
  let phase: 'starting' | 'ready' | 'killed' | 'over' = 'starting'
  let failure: Error | null = null
  let askedAt = 0

  const wakeThread = (): void => {
    wakeUp(libc, wakeFd)
  }

  /**
   * Wakes the thread if it waits. The thread checks its ring once more after it has set the flag, so no
   * wake-up is lost.
   */
  const wake = (): void => {
    if (Atomics.exchange(control, 0, 0) === 1) wakeThread()
  }

  const end = (): void => {
    phase = 'over'
    Atomics.store(control, 1, 1)
    wakeThread()
    poller.unwatch(notifyFd)
  }

  // Node waits for its worker threads at exit, and a thread inside epoll_wait does not notice the exit.
  const forgetExit = onExit(() => {
    Atomics.store(control, 1, 1)
    wakeThread()
  })

  const reset = (fd: number): void => {
    resetOnClose(libc, fd)
    libc.close(fd)
  }

  const thread = parts.start({ memory: slots.shared, wakeFd, notifyFd, pipes: parts.pipes })
  thread.listen(
    error => {
      failure = error
    },
    () => {
      forgetExit()
      poller.unwatch(notifyFd)
      const lost = slots.abandon(phase === 'over' ? 'drain' : 'error', reset)
      phase = 'over'
      libc.close(wakeFd)
      libc.close(notifyFd)
      gone(failure, lost)
    },
  )

  const isReady = (): boolean => {
    if (phase === 'starting' && Atomics.load(control, 0) === 1) phase = 'ready'
    return phase === 'ready'
  }

  return {
    isReady,
    slots,
    begin: (job, owner) => {
      const slot = slots.begin(job, owner)
      wake()
      return slot
    },
    stop: (slot, owner) => {
      if (slots.stop(slot, owner)) wake()
    },
    stalledMs: now => {
      if (!isReady() && phase !== 'killed') return 0
      if (Atomics.load(control, 8) !== Atomics.load(control, 7)) return now - askedAt
      askedAt = now
      Atomics.add(control, 7, 1)
      wakeThread()
      return 0
    },
    end,
    kill: reason => {
      if (phase === 'ready') {
        phase = 'killed'
        failure = new Error(reason)
      }
      thread.terminate()
    },
  }
}
