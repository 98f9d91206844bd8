import type { StreamSocket } from '../core/stream-socket.ts'
import type { EndPipe, PipeReason, PipeResult } from '../pipe/types.ts'
import type { EarlyData } from './early-data.ts'
import type { ConnectionFacts } from './events.ts'
import type { Endable } from './live-sessions.ts'
import type { Peer, Transport } from './peer.ts'
import type { ListenerParts, Protocol } from './session-types.ts'

/** What a session begins with. */
export type Accepted = {
  /** Paused, half-open allowed. The session's from now on, until a pipe or its last word takes it over. */
  readonly socket: StreamSocket
  readonly peer: Peer
  readonly transport: Transport
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** In the clock of the parts. */
  readonly acceptedAt: number
  /** Gives the connection's place back; called once, when all of it is over. */
  readonly release: () => void
}

/**
 * Where a session stands.
 *
 * - handshake: the protocol reads; the timer runs.
 * - race: the dialer is at work; what the client sends is kept as early data.
 * - pipe: both sockets are the pipe's.
 * - over: its end has been told; the client's socket may linger over its last word.
 */
export type Phase = 'handshake' | 'race' | 'pipe' | 'over'

/** All that one session remembers. */
export type SessionState = {
  readonly accepted: Accepted
  readonly parts: ListenerParts
  /** How others end the session. */
  readonly live: Endable
  /** The listeners of the client's socket, taken off where it changes hands. */
  readonly onData: (chunk: Uint8Array) => void
  readonly onEnd: () => void
  readonly onClose: () => void
  phase: Phase
  user: string | null
  target: string | null
  clientEnded: boolean
  /** True while a race is under way that has not told its end: the session is not over before. */
  dialling: boolean
  /** True where the daemon, not the client, ended the session. */
  draining: boolean
  /** Made for the race: ends it. */
  ending: AbortController | null
  /** Ends the pipe; null before it began. */
  endPipe: EndPipe | null
  early: EarlyData | null
  /** Called when early data has come, or its end; null where nobody waits for it. */
  onEarly: (() => void) | null
  /** The client was told of a provisional winner: it cannot be told anything else. */
  answered: boolean
  protocol: Protocol | null
}

/** What all events of a session carry. */
export const factsOf = ({ accepted, user, target }: SessionState): ConnectionFacts => ({
  conn: accepted.conn,
  listener: accepted.listener,
  client: accepted.peer.text,
  user,
  target,
})

/** All of a session is over: nothing is left of the client's socket, nor of a race. */
export const finish = ({ accepted, parts, live }: SessionState): void => {
  parts.sessions.delete(live)
  accepted.release()
}

/** Tells the end of a connection that was joined, or was about to be. */
export const tellClose = (state: SessionState, result: PipeResult): void => {
  const { accepted, parts } = state
  state.phase = 'over'
  const durationMs = parts.clock.now() - accepted.acceptedAt
  parts.emit({ type: 'close', ...result, durationMs, ...factsOf(state) })
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
