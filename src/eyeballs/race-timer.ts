import type { CancelTimer, Clock } from '../core/clock.ts'
import type { Deadline, Deadlines } from '../core/deadlines.ts'

/** When one race is to be woken. Times are in the race's own clock. */
export type RaceTimer = {
  /** The race begins: from now on its time to be over by is kept. */
  readonly begin: (now: number) => void
  /** Wakes the race at this time; replaces the earlier one. */
  readonly wakeAt: (at: number) => void
  readonly stop: () => void
}

/**
 * The timer of one race. A race that waits for nothing but its deadline, as nearly all do, has none:
 * the deadlines of all races share one.
 *
 * @param startedAt where the race's own clock begins
 * @param connectTimeoutMs how long it may last; null: for ever
 * @param deadlines of races that may last so long; without it the race has a timer for that too
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
      // As the race reckons it; the shared one comes no earlier.
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
