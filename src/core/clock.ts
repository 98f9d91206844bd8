/** Calls `done` once all input that was ready at the time of the call has been handled, and its direct consequences. */
type InputTurn = (done: () => void) => void

/** The pollers on this thread that read input beside Node's event loop. */
const turns = new Set<InputTurn>()

/** Makes `afterInput` wait for one more poller. @returns removes it; call it before the poller is discarded */
export const addInputTurn = (turn: InputTurn): (() => void) => {
  turns.add(turn)
  return () => void turns.delete(turn)
}

/**
 * Calls `run` once all input that is ready now has been handled, Node's and every poller's. Deadlines that
 * are late because the process was blocked use it, so that input which arrived in time is handled first.
 */
export const afterInput = (run: () => void): void => {
  // Node polls for input before it runs immediates.
  setImmediate(() => {
    let left = turns.size
    if (left === 0) return run()
    for (const turn of turns) {
      turn(() => {
        if (--left === 0) run()
      })
    }
  })
}

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
