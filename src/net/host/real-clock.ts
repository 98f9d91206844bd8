import { afterInput } from '../../core/after-input.ts'
import type { Clock } from '../../core/clock.ts'
import { DURATION_MAX_MS } from '../../core/duration.ts'

/** A timer that fires later than this behind its time, in milliseconds, lets input be handled first. */
const LATE_MS = 20

/**
 * The clock of this process: monotonic, so that a change of the time of day moves nothing.
 * A wait of more than `DURATION_MAX_MS` (some 24 days) ends then, since a timer holds no more.
 *
 * A process that was stopped, or blocked, finds its deadlines over and input that came in time. Node
 * runs timers before it looks for input, so late ones wait for that, and all behind them.
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
      // One that is cancelled late is no error. Node 24 and later warn of a delay below 0, which is
      // nothing but a moment that has just passed.
      const timer = setTimeout(fire, Math.min(Math.max(delayMs, 0), DURATION_MAX_MS))
      if (background) timer.unref()
      return () => {
        cancelled = true
        clearTimeout(timer)
      }
    },
  }
}
