import type { Asker } from '../core/asker.ts'
import { whenFree } from '../core/asker.ts'
import type { Mutable } from '../core/mutable.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { PipeOptions, PipeResult } from '../pipe/types.ts'
import type { Places } from './admission.ts'
import type { ConnectionFacts } from './events.ts'
import type { LiveSession } from './live-sessions.ts'
import type { SessionState } from './session-state.ts'
import { factsOf } from './session-state.ts'
import { nothingMoved, tellEnd } from './tell-close.ts'

/**
 * All that is kept of a connection while it is in the pipe, which may be for days and for thousands
 * at a time: what its close line needs, its place, and how to end it. Everything else of the session,
 * some 4 kB, is let go.
 */
type Piped = LiveSession & {
  readonly facts: ConnectionFacts
  readonly acceptedAt: number
  readonly places: Places
  /** Who asked for names, where queries that nobody wants any more are still in flight; else null. */
  readonly asker: Asker | null
}

const notYet = (): void => {}

/**
 * Gives the client and its target to the pipe. Both sockets are the pipe's from this call on: it
 * reads, writes and destroys them. The session is over; `Piped` takes its place among those that live.
 *
 * @param sentBytes how much of the early data the target has had already
 */
export const handOver = (state: SessionState, upstream: StreamSocket, sentBytes = 0): void => {
  const { parts } = state
  const client = state.accepted.socket
  const piped: Piped = {
    before: null,
    after: null,
    isOpen: false,
    facts: factsOf(state),
    acceptedAt: state.accepted.acceptedAt,
    places: state.places,
    asker: state.asker !== null && state.asker.owed > 0 ? state.asker : null,
    end: notYet,
  }
  const onPiped = (result: PipeResult): void => {
    tellEnd(parts, piped.facts, piped.acceptedAt, result)
    parts.sessions.delete(piped)
    const { asker, places } = piped
    if (asker === null) parts.admission.leave(places)
    else whenFree(asker, () => parts.admission.leave(places))
  }
  const options = optionsOf(state, sentBytes)
  client.off('data', state.onData).off('end', state.onEnd).off('close', state.onClose)
  client.pause()
  state.phase = 'over'
  // First the one, then the other: whoever waits for the last connection must not see none.
  parts.sessions.add(piped)
  parts.sessions.delete(state.live)
  try {
    piped.end = parts.join(client, upstream, options, onPiped)
  } catch {
    client.destroy()
    upstream.destroy()
    onPiped(nothingMoved('error'))
  }
}

const optionsOf = ({ parts, early, clientEnded }: SessionState, sentBytes: number): PipeOptions => {
  const { idleTimeoutMs, halfCloseTimeoutMs } = parts.waits
  const options: Mutable<PipeOptions> = {
    idleTimeoutMs,
    halfCloseTimeoutMs,
  }
  if (early && early.size() > sentBytes) options.early = early.take().subarray(sentBytes)
  if (sentBytes > 0) options.sentBytes = sentBytes
  if (clientEnded) options.clientEnded = true
  return options
}
