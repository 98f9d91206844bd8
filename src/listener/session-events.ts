import type { Account } from '../auth/accounts.ts'
import type { Mutable } from '../core/mutable.ts'
import type { RaceSummary } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import type { PipeReason, PipeResult } from '../pipe/join.ts'
import type { ConnectionFacts, ListenerEvent, RejectReason } from './events.ts'
import type { FailureVerdict } from './race-outcome.ts'
import type { SessionState } from './session-state.ts'
import { factsOf } from './session-state.ts'
import type { ListenerParts } from './session-types.ts'

type RaceEvent = Extract<ListenerEvent, { type: 'race' }>

/**
 * Emits the end of a race. Each field is written out, because V8 in Node 20 gives objects made by a spread
 * a new shape each time, which took a fifth of the main thread's time.
 */
export const emitRace = (
  { accepted, parts, protocol, user, target }: SessionState,
  outcome: RaceEvent['outcome'],
  reply: number | null,
  trace: RaceTrace,
  summary: RaceSummary,
  error?: RaceEvent['error'],
): void => {
  const { conn, listener, peer } = accepted
  const event: Mutable<RaceEvent> = {
    type: 'race',
    conn,
    listener,
    protocol,
    client: peer.text,
    user,
    target,
    outcome,
    reply,
    trace,
    summary,
  }
  if (error) event.error = error
  parts.emit(event)
}

/**
 * Emits the end of a connection. Each field is written out, as in `emitRace`.
 *
 * @param acceptedAt milliseconds on the clock of the parts
 * @param account what the client logged in as: it shows whether a connection was ended for a drain, or because
 *   that account was revoked
 */
export const emitEnd = (
  { clock, emit }: Pick<ListenerParts, 'clock' | 'emit'>,
  facts: ConnectionFacts,
  acceptedAt: number,
  result: PipeResult,
  account: Account | null = null,
): void => {
  const { conn, listener, protocol, client, user, target } = facts
  const { bytesUp, bytesDown, engine } = result
  const isRevoked = result.reason === 'drain' && account?.state === 'revoked'
  const reason = isRevoked ? 'revoked' : result.reason
  const durationMs = clock.now() - acceptedAt
  emit({
    type: 'close',
    conn,
    listener,
    protocol,
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

/** @param reply the code of the reply that the client gets; null: none */
export const emitRejected = (
  state: SessionState,
  reason: RejectReason,
  message: string,
  reply: number | null,
): void => {
  const sent = reply === null ? {} : { reply }
  state.parts.emit({ type: 'rejected', ...factsOf(state), reason, message, probe: false, ...sent })
}

/** Emits the end of a failed race; it is a rejection if nothing was attempted. */
export const emitFailed = (
  state: SessionState,
  { rejected, error, summary }: FailureVerdict,
  trace: RaceTrace,
  reply: number | null,
): void => {
  if (rejected === undefined) emitRace(state, 'failed', reply, trace, summary, error)
  else emitRejected(state, rejected, error.message, reply)
}

/** Emits a forwarded request. */
export const emitRequest = (
  state: SessionState,
  request: Omit<Extract<ListenerEvent, { type: 'request' }>, 'type' | keyof ConnectionFacts>,
): void => state.parts.emit({ type: 'request', ...factsOf(state), ...request })

/** Emits the end of a session whose connection never reached the pipe. */
export const emitClose = (state: SessionState, result: PipeResult): void => {
  state.phase = 'over'
  emitEnd(state.parts, factsOf(state), state.accepted.acceptedAt, result, state.live.account)
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
