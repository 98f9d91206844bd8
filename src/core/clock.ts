/** Cancels a timer of `Clock.after`. It does nothing after the timer fired or was cancelled. */
export type CancelTimer = () => void

/**
 * The source of time. Every part that waits takes a clock as an argument, so that tests can control time.
 * The real one is in `net/host/real-clock.ts`.
 */
export type Clock = {
  /** Milliseconds, with fractions, from a monotonic source. Only differences are meaningful. */
  readonly now: () => number
  /** Calls `run` once, `delayMs` milliseconds from now (a negative delay counts as 0), unless it is cancelled first. */
  readonly after: (delayMs: number, run: () => void) => CancelTimer
}
