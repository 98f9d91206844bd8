import type { PipeReason, PipeResult } from '../pipe/types.ts'
import type { ConnectionFacts } from './events.ts'
import { factsOf } from './session-state.ts'
import type { SessionState } from './session-state.ts'
import type { ListenerParts } from './session-types.ts'

/**
 * Emits the end of a connection. Each field is written out, as in `tellRace`.
 *
 * @param acceptedAt milliseconds on the clock of the parts
 */
export const tellEnd = (
  { clock, emit }: Pick<ListenerParts, 'clock' | 'emit'>,
  facts: ConnectionFacts,
  acceptedAt: number,
  result: PipeResult,
): void => {
  const { conn, listener, client, user, target } = facts
  const { bytesUp, bytesDown, engine, reason } = result
  const durationMs = clock.now() - acceptedAt
  emit({
    type: 'close',
    conn,
    listener,
    client,
    user,
    target,
    bytesUp,
    bytesDown,
    durationMs,
    engine,
    reason,
  })
}

/** Emits the end of a session whose connection never reached the pipe. */
export const tellClose = (state: SessionState, result: PipeResult): void => {
  state.phase = 'over'
  tellEnd(state.parts, factsOf(state), state.accepted.acceptedAt, result)
}

/**
 * Returns the result for a pipe that never started.
 *
 * @param bytesUp bytes that the target had received before
 */
export const nothingMoved = (reason: PipeReason, bytesUp = 0): PipeResult => ({
  bytesUp,
  bytesDown: 0,
  engine: 'stream',
  reason,
})
