import type { CancelTimer, Clock } from './clock.ts'
import { createList } from './list.ts'

/** A deadline that is ahead; only `Deadlines` looks inside. */
export type Deadline = {
  readonly run: () => void
  readonly dueAt: number
  before: Deadline | null
  after: Deadline | null
  /** False once it has come or was taken off. */
  isListed: boolean
}

/** Deadlines that all lie equally far ahead. */
export type Deadlines = {
  /** Calls `run` once when the time has passed, never before, unless it is taken off first. */
  readonly add: (run: () => void) => Deadline
  /** Takes one off. After it has come, or a second time, this does nothing. */
  readonly remove: (deadline: Deadline) => void
}

/**
 * Many deadlines on one timer: nearly all of them are taken off before they come, and a timer for
 * each costs a microsecond, where a place in a list costs a tenth of that. They come due in the order
 * in which they began, so the timer is set for the first alone. Where that one is taken off the timer
 * stays, finds nothing due, and is set for the one that is first by then. With the last of them the
 * timer goes too.
 *
 * @param delayMs how far ahead, in milliseconds; 0 or more
 */
export const createDeadlines = (clock: Clock, delayMs: number): Deadlines => {
  const ahead = createList<Deadline>()
  let cancel: CancelTimer | undefined

  const arm = (): void => {
    const first = ahead.first()
    if (first && !cancel) cancel = clock.after(first.dueAt - clock.now(), check)
  }

  const check = (): void => {
    cancel = undefined
    try {
      // Timers fire early by a fraction of a millisecond: then nothing is due yet. What becomes due
      // meanwhile waits for a timer of its own, which lets input come first where it is late.
      const now = clock.now()
      for (let next = ahead.first(); next && next.dueAt <= now; next = ahead.first()) {
        ahead.delete(next)
        next.run()
      }
    } finally {
      // One that throws must not take the others along.
      arm()
    }
  }

  return {
    add: run => {
      const dueAt = clock.now() + delayMs
      const deadline: Deadline = { run, dueAt, before: null, after: null, isListed: false }
      ahead.add(deadline)
      arm()
      return deadline
    },
    remove: deadline => {
      if (!ahead.delete(deadline) || ahead.size() > 0) return
      cancel?.()
      cancel = undefined
    },
  }
}
