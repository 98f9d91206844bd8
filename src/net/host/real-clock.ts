import type { Clock } from '../../core/clock.ts'
import { afterInput } from '../../core/clock.ts'
import { DURATION_MAX_MS } from '../../core/duration.ts'

/** A timer that fires later than this, in milliseconds, lets pending input be handled first. */
const LATE_MS = 20

/**
 * The clock of this process. It is monotonic, so changes of the wall-clock time have no effect. A delay
 * above `DURATION_MAX_MS` (some 24 days) is cut to it, the limit of a timer.
 *
 * After a process was stopped or blocked, its deadlines have passed although input may have arrived in
 * time. Node runs timers before it polls for input, so late timers, and those after them, wait until input
 * has been polled.
 *
 * @param background its timers do not keep the process alive; false by default
 */
export const createRealClock = ({
  background = false,
}: { readonly background?: boolean } = {}): Clock => {
  let waiting = 0
  return {
    now: () => performance.now(),
    after: (delayMs, run) => {
      const dueAt = performance.now() + Math.min(delayMs, DURATION_MAX_MS)
      let cancelled = false
      const fire = (): void => {
        if (waiting === 0 && performance.now() - dueAt < LATE_MS) return run()
        waiting++
        afterInput(() => {
          waiting--
          if (!cancelled) run()
        })
      }
      // Node 24 and later warn of a negative delay, which only means a time that has just passed.
      const timer = setTimeout(fire, Math.min(Math.max(delayMs, 0), DURATION_MAX_MS))
      if (background) timer.unref()
      return () => {
        cancelled = true
        clearTimeout(timer)
      }
    },
  }
}
