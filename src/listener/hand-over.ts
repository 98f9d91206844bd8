import type { Account } from '../auth/accounts.ts'
import type { Mutable } from '../core/mutable.ts'
import type { Requester } from '../core/requester.ts'
import { whenIdle } from '../core/requester.ts'
import type { SocketEnd, StreamSocket } from '../core/stream-socket.ts'
import type { Pipe, PipeOptions, PipeResult } from '../pipe/join.ts'
import type { Places } from './admission.ts'
import type { ConnectionFacts } from './events.ts'
import type { LiveSession, OpenConnection } from './live-sessions.ts'
import { nothingMoved, emitEnd } from './session-events.ts'
import type { SessionState } from './session-state.ts'
import { factsOf } from './session-state.ts'

/**
 * The state of a connection in the pipe: what its log line needs, its place in admission control, and how
 * to end it. A pipe may last for days, and there may be thousands, so the rest of the session (about 4 kB)
 * is released. A class, so that they share their methods.
 */
class Piped implements LiveSession {
  readonly listener: string
  readonly account: Account | null
  /** The target's address and port. */
  readonly address: string
  readonly port: number
  readonly facts: ConnectionFacts
  readonly acceptedAt: number
  readonly places: Places
  /** The requester of the race's lookups, if queries that nobody waits for are still in flight; else null. */
  readonly requester: Requester | null
  /** Null until `join` has returned. */
  pipe: Pipe | null = null
  before: LiveSession | null = null
  after: LiveSession | null = null
  isListed = false

  constructor(state: SessionState, { address, port }: SocketEnd) {
    const { accepted, live, places, requester } = state
    this.listener = accepted.listener
    this.account = live.account
    this.address = address
    this.port = port
    this.facts = factsOf(state)
    this.acceptedAt = accepted.acceptedAt
    this.places = places
    this.requester = requester !== null && requester.abandoned > 0 ? requester : null
  }

  describe(): OpenConnection {
    const { address, port } = this
    return { ...this.facts, state: 'relay', winner: { address, port } }
  }
  end(): void {
    this.pipe?.end()
  }
  bytesUp(): number {
    return this.pipe?.bytesUp() ?? 0
  }
  bytesDown(): number {
    return this.pipe?.bytesDown() ?? 0
  }
}

/**
 * Hands the client and its target over to the pipe. From this call on the pipe owns both sockets: it reads,
 * writes and destroys them. The session is over, and a `Piped` replaces it in `LiveSessions`.
 *
 * @param winner the target's address and port
 * @param sentBytes how much of the early data the target has already received
 */
export const handOver = (
  state: SessionState,
  upstream: StreamSocket,
  winner: SocketEnd,
  sentBytes = 0,
): void => {
  const { parts } = state
  const client = state.accepted.socket
  const piped = new Piped(state, winner)
  const onPiped = (result: PipeResult): void => {
    emitEnd(parts, piped.facts, piped.acceptedAt, result, piped.account)
    parts.sessions.delete(piped)
    const { requester, places } = piped
    // A connection in the pipe counts for the user that it logged in as.
    const { user } = piped.facts
    if (requester === null) parts.admission.leave(places, user)
    else whenIdle(requester, () => parts.admission.leave(places, user))
  }
  const options = optionsOf(state, sentBytes)
  client.off('data', state.onData).off('end', state.onEnd).off('close', state.onClose)
  client.pause()
  state.phase = 'over'
  // Add before delete: `whenEmpty` must not run while this connection is open.
  parts.sessions.add(piped)
  parts.sessions.delete(state.live)
  try {
    piped.pipe = parts.join(client, upstream, options, onPiped)
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
