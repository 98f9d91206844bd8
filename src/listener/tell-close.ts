import type { PipeReason, PipeResult } from '../pipe/types.ts'
import type { ConnectionFacts } from './events.ts'
import { factsOf } from './session-state.ts'
import type { SessionState } from './session-state.ts'
import type { ListenerParts } from './session-types.ts'

/**
 * Tells the end of a connection, each field written out as in `tellRace`.
 *
 * @param acceptedAt in the clock of the parts
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

/** Tells the end of a connection that was about to be joined. */
export const tellClose = (state: SessionState, result: PipeResult): void => {
  state.phase = 'over'
  tellEnd(state.parts, factsOf(state), state.accepted.acceptedAt, result)
}

/**
 * The result of a pipe that never began.
 *
 * @param bytesUp what the target had before
 */
export const nothingMoved = (reason: PipeReason, bytesUp = 0): PipeResult => ({
  bytesUp,
  bytesDown: 0,
  engine: 'stream',
  reason,
})
