import type { CancelTimer, Clock } from '../../../core/clock.ts'

/** The one timer of a connection: each call replaces the last. */
export type ConnectionTimer = {
  readonly set: (delayMs: number, run: () => void) => void
  /**
   * Calls `run` when nothing has moved for some time.
   *
   * @param movedAt when something moved last
   * @param limitMs called again at each look, because it may change
   */
  readonly watch: (movedAt: () => number, limitMs: () => number, run: () => void) => void
  readonly cancel: () => void
}

export const createConnectionTimer = (clock: Clock): ConnectionTimer => {
  let cancelTimer: CancelTimer = () => {}

  const set = (delayMs: number, run: () => void): void => {
    cancelTimer()
    cancelTimer = clock.after(delayMs, run)
  }

  const watch: ConnectionTimer['watch'] = (movedAt, limitMs, run) => {
    // Not set again at each byte: it looks when the time would be over, and then waits for the rest.
    const look = (): void => {
      const leftMs = movedAt() + limitMs() - clock.now()
      if (leftMs > 0) set(leftMs, look)
      else run()
    }
    look()
  }

  return { set, watch, cancel: () => cancelTimer() }
}
