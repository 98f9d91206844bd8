import type { Asker } from '../core/asker.ts'
import { whenFree } from '../core/asker.ts'
import type { LeaveRace } from '../eyeballs/types.ts'
import type { Accepted } from './accepted.ts'
import type { Places } from './admission.ts'
import type { EarlyData } from './early-data.ts'
import type { ConnectionFacts } from './events.ts'
import type { LiveSession } from './live-sessions.ts'
import type { ListenerParts, Success } from './session-types.ts'

/**
 * Where a session stands.
 *
 * - handshake: the protocol reads; the timer runs.
 * - race: the dialer is at work; what the client sends is kept as early data.
 * - over: its end has been told, and the client's socket may linger over its last word; or both
 *   sockets are the pipe's, and only `Piped` is left of the session.
 */
export type Phase = 'handshake' | 'race' | 'over'

/** All that one session remembers. */
export type SessionState = {
  readonly accepted: Accepted
  /** Its place among the connections that are admitted, given back when all of the session is over. */
  readonly places: Places
  readonly parts: ListenerParts
  /** How others end the session. */
  readonly live: LiveSession
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
  /** Who asks for the names of the race; null before it. */
  asker: Asker | null
  /** Ends the race; null where there is none, or where it was over as it began. */
  leaveRace: LeaveRace | null
  /** The race was ended by the session: whoever wins it wins in vain. */
  left: boolean
  early: EarlyData | null
  /** Called when early data has come, or its end; null where nobody waits for it. */
  onEarly: (() => void) | null
  /** How the client was answered for a provisional winner, after which it gets no other answer; else null. */
  answered: Success | null
}

/** What all events of a session carry. */
export const factsOf = ({ accepted, user, target }: SessionState): ConnectionFacts => ({
  conn: accepted.conn,
  listener: accepted.listener,
  client: accepted.peer.text,
  user,
  target,
})

/**
 * All of a session is over: nothing is left of the client's socket, nor of a race. Its place is given back
 * when DNS queries that were asked for it alone are over, too.
 */
export const finish = ({ places, parts, live, asker }: SessionState): void => {
  if (!parts.sessions.delete(live)) return
  const { admission } = parts
  if (asker === null || asker.owed === 0) admission.leave(places)
  // Of the session nothing else is kept so long.
  else whenFree(asker, () => admission.leave(places))
}

/** Ends the race of a session whose client has left, or that is ended itself. */
export const leaveRace = (state: SessionState): void => {
  state.left = true
  state.leaveRace?.()
}
