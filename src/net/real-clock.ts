import type { Clock } from '../core/clock.ts'
import { DURATION_MAX_MS } from '../core/duration.ts'

/**
 * The clock of this process: monotonic, so that a change of the time of day moves nothing.
 * A wait of more than `DURATION_MAX_MS` (some 24 days) ends then, since a timer holds no more.
 *
 * @param background its timers do not keep the process alive; false by default
 */
export const createRealClock = ({
  background = false,
}: { readonly background?: boolean } = {}): Clock => ({
  now: () => performance.now(),
  after: (delayMs, run) => {
    // A timer calls with no argument, and one that is cancelled late is no error. Node 24 and later
    // warn of a delay below 0, which is nothing but a moment that has just passed.
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), DURATION_MAX_MS))
    if (background) timer.unref()
    return () => clearTimeout(timer)
  },
})
