import type { CancelTimer, Clock } from '../core/clock.ts'
import type { Deadline, Deadlines } from '../core/deadlines.ts'

/** The timer of one race. Times are in the race's own clock. */
export type RaceTimer = {
  /** Starts the race's overall deadline. */
  readonly begin: (now: number) => void
  /** Wakes the race at this time; replaces an earlier call. */
  readonly wakeAt: (at: number) => void
  readonly stop: () => void
}

/**
 * The timer of one race. While a race waits only for its deadline, as nearly all do, it has no timer of its
 * own: the deadlines of all races share one.
 *
 * @param startedAt the start of the race's own clock
 * @param connectTimeoutMs the race's time limit; null: none
 * @param deadlines of all races with this time limit; without it, the race has its own timer for the
 *   deadline
 */
export const createRaceTimer = (
  clock: Clock,
  startedAt: number,
  connectTimeoutMs: number | null,
  deadlines: Deadlines | undefined,
  wake: () => void,
): RaceTimer => {
  let cancel: CancelTimer | undefined
  let deadline: Deadline | undefined
  let deadlineAt = Infinity
  return {
    begin: now => {
      if (connectTimeoutMs === null || !deadlines) return
      // In the race's own clock; the shared deadline is never earlier.
      deadlineAt = now + connectTimeoutMs
      deadline = deadlines.add(wake)
    },
    wakeAt: at => {
      cancel?.()
      cancel = undefined
      if (at === deadlineAt && deadline?.isListed === true) return
      cancel = clock.after(at - (clock.now() - startedAt), wake)
    },
    stop: () => {
      cancel?.()
      if (deadline) deadlines?.remove(deadline)
    },
  }
}
