import type { Account } from '../auth/accounts.ts'
import type { Requester } from '../core/requester.ts'
import { whenIdle } from '../core/requester.ts'
import type { LeaveRace } from '../eyeballs/types.ts'
import type { Accepted } from './accepted.ts'
import type { Places } from './admission.ts'
import type { EarlyData } from './early-data.ts'
import type { ConnectionFacts, ProtocolName } from './events.ts'
import type { UnpipedSession } from './live-sessions.ts'
import type { Success } from './protocol-types.ts'
import type { ListenerParts } from './session-types.ts'

/**
 * The phase of a session.
 *
 * - handshake: the protocol reads from the client, and the handshake timer runs.
 * - race: the race runs, and bytes from the client are kept as early data.
 * - over: the end was emitted, and the client's socket may linger over a last answer; or the pipe owns both
 *   sockets, and only `Piped` is left of the session.
 */
export type Phase = 'handshake' | 'race' | 'over'

/** The state of one session. */
export type SessionState = {
  readonly accepted: Accepted
  /** Its client's count in admission control, released when the session is over. */
  readonly places: Places
  readonly parts: ListenerParts
  /** Lets a drain end the session. */
  readonly live: UnpipedSession
  /** Handlers of the client's socket, removed when another part takes the socket over. */
  readonly onData: (chunk: Uint8Array) => void
  readonly onEnd: () => void
  readonly onClose: () => void
  phase: Phase
  /** Null until the client's first byte. */
  protocol: ProtocolName | null
  user: string | null
  /** The user for whom it counts in admission control (`admitUser`); null: for none. */
  countedUser: string | null
  target: string | null
  clientEnded: boolean
  /** True while a race runs; the session cannot finish before the race ends. */
  dialling: boolean
  /** True if the daemon ended the session, and not the client. */
  draining: boolean
  /** The requester of the race's lookups; null before the race. */
  requester: Requester | null
  /** Ends the race; null if no race runs. */
  leaveRace: LeaveRace | null
  /** The session has ended the race; a winner is not used any more. */
  left: boolean
  early: EarlyData | null
  /** Called when early data or a FIN arrives; null if nothing waits for it. */
  onEarly: (() => void) | null
  /** The reply that was sent for a provisional winner, after which no other reply is possible; else null. */
  answered: Success | null
}

/** Sets what the client has logged in as; null: it has not. */
export const setAccount = (state: SessionState, account: Account | null): void => {
  state.user = account?.user ?? null
  state.live.account = account
}

/** Returns the fields that all events of a session share. */
export const factsOf = ({ accepted, protocol, user, target }: SessionState): ConnectionFacts => ({
  conn: accepted.conn,
  listener: accepted.listener,
  protocol,
  client: accepted.peer.text,
  user,
  target,
})

/**
 * Finishes a session whose client socket and race are closed. It leaves admission control when the DNS
 * queries that only this session asked for have ended too.
 */
export const finish = ({ places, countedUser, parts, live, requester }: SessionState): void => {
  if (!parts.sessions.delete(live)) return
  const { admission } = parts
  if (requester === null || requester.abandoned === 0) admission.leave(places, countedUser)
  // The callback references only these three values, so the rest of the session can be collected.
  else whenIdle(requester, () => admission.leave(places, countedUser))
}

/** Ends the race of a session whose client has left, or that is ended from outside. */
export const leaveRace = (state: SessionState): void => {
  state.left = true
  state.leaveRace?.()
}
