import type { CancelTimer } from '../../../core/clock.ts'
import type { SessionState } from '../../session-state.ts'

/** How long a connection may be idle between two requests. */
export const KEEP_ALIVE_MS = 60_000

/** The one timer of a connection: each call replaces the last. */
export type ConnectionTimer = {
  readonly set: (delayMs: number, run: () => void) => void
  /**
   * Calls `run` when nothing has moved for `pipe.idleTimeout`, or for `pipe.halfCloseTimeout` after the client's
   * FIN. Both are read at each look, because they may change.
   */
  readonly watch: (run: (reason: 'idle' | 'half-close') => void) => void
  readonly cancel: () => void
}

/** @param movedAt when something moved last */
export const createConnectionTimer = (
  state: Pick<SessionState, 'clientEnded' | 'parts'>,
  movedAt: () => number,
): ConnectionTimer => {
  const { clock } = state.parts
  let cancelTimer: CancelTimer = () => {}

  const set = (delayMs: number, run: () => void): void => {
    cancelTimer()
    cancelTimer = clock.after(delayMs, run)
  }

  const watch: ConnectionTimer['watch'] = run => {
    // Not set again at each byte: it looks when the time would be over, and then waits for the rest.
    const look = (): void => {
      const { clientEnded, parts } = state
      const { idleTimeoutMs, halfCloseTimeoutMs } = parts.waits
      const leftMs = movedAt() + (clientEnded ? halfCloseTimeoutMs : idleTimeoutMs) - clock.now()
      if (leftMs > 0) set(leftMs, look)
      else run(clientEnded ? 'half-close' : 'idle')
    }
    look()
  }

  return { set, watch, cancel: () => cancelTimer() }
}
