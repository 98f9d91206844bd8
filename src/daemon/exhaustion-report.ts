import type { Clock } from '../core/clock.ts'
import type { Log } from '../log/types.ts'
import type { OnExhausted } from '../net/exhausted.ts'
import { EXHAUSTED } from '../net/exhausted.ts'

/** For so long after a line what fails is only counted. */
const INTERVAL_MS = 60_000

/**
 * Logs that the system has no descriptor or memory left: the first time at once, then at most once a minute,
 * with how often it was so since the line before.
 *
 * @returns takes any code, and heeds those alone
 */
export const createExhaustionReport = (
  clock: Pick<Clock, 'now'>,
  { event }: Pick<Log, 'event'>,
): OnExhausted => {
  let quietUntil = -Infinity
  let failures = 0
  return (what, code) => {
    if (!EXHAUSTED.has(code)) return
    failures++
    const now = clock.now()
    if (now < quietUntil) return
    quietUntil = now + INTERVAL_MS
    event({ type: 'exhausted', what, code, failures })
    failures = 0
  }
}
