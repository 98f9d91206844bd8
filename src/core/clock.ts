/** Ends a timer that `Clock.after` began; a second call, or one after it fired, does nothing. */
export type CancelTimer = () => void

/**
 * Where time comes from. Every part that waits takes one as an argument, so that a test can turn the
 * hands itself. The real one is `net/host/real-clock.ts`.
 */
export type Clock = {
  /** Milliseconds, with fractions, from a monotonic source. Only differences mean anything. */
  readonly now: () => number
  /** Calls `run` once, `delayMs` milliseconds from now (below 0 as 0), unless it is cancelled first. */
  readonly after: (delayMs: number, run: () => void) => CancelTimer
}
