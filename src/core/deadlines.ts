import type { CancelTimer, Clock } from './clock.ts'
import { createList } from './list.ts'

/** A pending deadline; only `Deadlines` reads its fields. */
export type Deadline = {
  run: () => void
  readonly dueAt: number
  before: Deadline | null
  after: Deadline | null
  /** False once the deadline has run or was removed. */
  isListed: boolean
}

/** Deadlines that all have the same delay. */
export type Deadlines = {
  /** Calls `run` once when the delay has passed, never earlier, unless the deadline is removed first. */
  readonly add: (run: () => void) => Deadline
  /** Changes what a deadline calls, for a new owner of what it limits. */
  readonly replace: (deadline: Deadline, run: () => void) => void
  /** Removes a deadline; does nothing if it has run or was removed. */
  readonly remove: (deadline: Deadline) => void
}

/**
 * Puts many deadlines on one timer: nearly all are removed before they are due, and a timer for each costs
 * 1 µs, ten times as much as a list entry. The deadlines are due in the order in which they were added, so
 * the timer is set for the first. If that one is removed, the timer stays until it fires, and is then set
 * for the next deadline; removing the last deadline cancels the timer.
 *
 * @param delayMs the delay in milliseconds; 0 or more
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
      // Timers can fire a fraction of a millisecond early: then nothing is due yet. A deadline that becomes
      // due meanwhile gets a timer of its own, which handles input first if it is late.
      const now = clock.now()
      for (let next = ahead.first(); next && next.dueAt <= now; next = ahead.first()) {
        ahead.delete(next)
        next.run()
      }
    } finally {
      // If one deadline throws, the others must still run.
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
    replace: (deadline, run) => {
      deadline.run = run
    },
    remove: deadline => {
      if (!ahead.delete(deadline) || ahead.size() > 0) return
      cancel?.()
      cancel = undefined
    },
  }
}
