import type { RejectReason } from './events.ts'
import type { ClientFailure } from './protocol-types.ts'
import type { SessionState } from './session-state.ts'

/** Why a request gets no connection. */
export type Refusal = {
  readonly reason: Extract<RejectReason, 'access' | 'auth' | 'limit'>
  readonly failure: ClientFailure
}

/**
 * Checks the user of a session right before its target is raced: its account may have been removed since the
 * login, and its connections are limited. An admitted session counts for its user until it leaves admission
 * control; it may ask again, for each of its requests.
 *
 * @returns null if the session has no user, or is admitted
 */
export const admitUser = (state: SessionState): Refusal | null => {
  const { account } = state.live
  if (account === null) return null
  if (account.state !== 'valid') {
    const message = 'the user was removed, or got another password, after the login'
    const failure = { outcome: 'client-denied', code: 'ERR_ACCESS_DENIED', message } as const
    return { reason: 'auth', failure }
  }
  const { user } = account
  const message = state.parts.admission.assignUser(user, state.countedUser)
  if (message !== null)
    return { reason: 'limit', failure: { outcome: 'limit', code: 'ERR_LIMIT', message } }
  state.countedUser = user
  return null
}
