import { O } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import { onExit } from '../../libc/on-exit.ts'
import type { Poller } from '../../libc/poller-types.ts'
import { resetOnClose } from '../../libc/reset-on-close.ts'
import { ringBell } from '../../libc/ring-bell.ts'
import type { Libc } from '../../libc/types.ts'
import { createRelaySlots } from './relay-slots.ts'
import type { RelayJob, RelayOwner, RelaySlots } from './relay-slots.ts'
import type { StartRelayThread } from './start-relay-thread.ts'

export type RelayWorkerParts = {
  readonly libc: Libc
  readonly poller: Poller
  readonly start: StartRelayThread
  /** Relays at a time, above 0. */
  readonly capacity: number
  /** Pipes at a time, 0 or more. */
  readonly pipes: number
  /**
   * The worker is gone and nothing is left of it: each of its relays has been told its end.
   *
   * @param error what it threw; null where it ended without a word
   * @param lost relays that it had not ended, and that were reset
   */
  readonly gone: (error: Error | null, lost: number) => void
}

/** One worker thread from its start to its end. It is not replaced. */
export type RelayWorker = {
  /** True from when it first waited for work until it ends. */
  readonly isReady: () => boolean
  readonly slots: RelaySlots
  /** Only with room in `slots`, and before `gone`. @returns the slot, for `stop` */
  readonly begin: (job: RelayJob, owner: RelayOwner) => number
  readonly stop: (slot: number, owner: RelayOwner) => void
  /** Ends it: what it relays is reset, with reason `drain`. `gone` follows. */
  readonly end: () => void
}

/**
 * Starts one.
 *
 * @returns throws the system's error (EMFILE, ENFILE, ENOMEM) where there are no event descriptors to be had
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
  let phase: 'starting' | 'ready' | 'over' = 'starting'
  let failure: Error | null = null

  const ring = (): void => {
    ringBell(libc, wakeFd)
  }

  /** Wakes it where it waits: it looks into its ring again after it has said that it will. */
  const wake = (): void => {
    if (Atomics.exchange(control, 0, 0) === 1) ring()
  }

  const end = (): void => {
    phase = 'over'
    Atomics.store(control, 1, 1)
    ring()
    poller.unwatch(notifyFd)
  }

  // A process that ends waits for its workers, and one that waits in the kernel does not hear of it.
  const forgetExit = onExit(() => {
    Atomics.store(control, 1, 1)
    ring()
  })

  const reset = (fd: number): void => {
    resetOnClose(libc, fd)
    libc.close(fd)
  }

  parts.start({ memory: slots.shared, wakeFd, notifyFd, pipes: parts.pipes }).listen(
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

  return {
    isReady: () => {
      if (phase === 'starting' && Atomics.load(control, 0) === 1) phase = 'ready'
      return phase === 'ready'
    },
    slots,
    begin: (job, owner) => {
      const slot = slots.begin(job, owner)
      wake()
      return slot
    },
    stop: (slot, owner) => {
      if (slots.stop(slot, owner)) wake()
    },
    end,
  }
}
