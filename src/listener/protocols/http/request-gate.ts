import type { Account } from '../../../auth/accounts.ts'
import type { VerifyLogin } from '../../../auth/create-verify-login.ts'
import { fail } from '../../../core/fail.ts'
import { formatHostPort } from '../../../core/host-port.ts'
import { denialText } from '../../../eyeballs/race/failure.ts'
import { readBasicCredentials } from '../../../wire/http/basic-credentials.ts'
import type { HttpRefusal } from '../../../wire/http/refusal.ts'
import { answerFailure, refuseHttpFault } from '../../../wire/http/refusal.ts'
import type { RequestHead } from '../../../wire/http/wire.ts'
import { shareOf } from '../../accepted.ts'
import { admitUser } from '../../admit-user.ts'
import type { RejectReason } from '../../events.ts'
import type { ClientFailure } from '../../protocol-types.ts'
import type { SessionState } from '../../session-state.ts'
import { WRONG_LOGIN, createLoginCheck } from '../login-check.ts'
import type { ForwardedRequest } from './exchange.ts'
import { readRequest } from './read-request.ts'

/** Why a request is not forwarded, and the answer. */
export type RequestRefusal = Pick<HttpRefusal, 'answer' | 'status' | 'message'> & {
  readonly reason: RejectReason
}

/** What a client is told whose listener has got users since it connected. */
const NO_LOGIN = 'a login is required now: connect again'

/** What every request of a connection has to pass, with the users and rules that are in force at that time. */
export type RequestGate = {
  /** Checks form, login and access of a request. Another may follow when it was permitted. */
  readonly enter: (head: RequestHead) => void
  /** Whether a FIN means that the client has left: its login still waits to be checked. */
  readonly isQueued: () => boolean
  /**
   * Why the client has no answer, if its connection ends now.
   *
   * @param isLate whether the deadline of the login has ended it
   */
  readonly gone: (isLate: boolean) => Pick<RequestRefusal, 'reason' | 'message'>
  /** The client has left, or gets no further request served. */
  readonly stop: () => void
}

export type RequestGateHooks = {
  readonly permitted: (request: ForwardedRequest) => void
  readonly refused: (refusal: RequestRefusal) => void
  /** The answer is delayed by the gate itself. */
  readonly stopTimer: () => void
}

/**
 * @param state gets target and user of each request
 * @param verify checks logins; null if no login is required
 */
export const createRequestGate = (
  state: SessionState,
  verify: VerifyLogin | null,
  { permitted, refused, stopTimer }: RequestGateHooks,
): RequestGate => {
  const { accepted, parts } = state
  const { peer } = accepted
  let current: ForwardedRequest | null = null

  const refuseFault = (error: unknown): void => refused(refuseHttpFault(error))

  const refuseFailure = (reason: RejectReason, failure: ClientFailure): void =>
    refused({ reason, message: failure.message, ...answerFailure(failure, peer.isLocal) })

  const permit = (): void => {
    if (!current) return
    const { target } = current
    const client = { ip: peer.ip, user: state.user, isLocal: peer.isLocal }
    const denial = parts.access.beforeLookup(client, target, parts.fullNames)
    if (denial) {
      const { code, rule } = denial
      const message = `${formatHostPort(target)}: ${denialText(code, rule)}`
      return refuseFailure('access', { outcome: 'denied', code, message })
    }
    const refusal = admitUser(state)
    if (refusal) return refuseFailure(refusal.reason, refusal.failure)
    permitted(current)
  }

  const onLogin = (ok: boolean, unchecked?: string): void => {
    if (ok) return permit()
    if (unchecked === undefined) {
      return refuseFault(fail('ERR_HTTP_AUTH', WRONG_LOGIN, { status: 407 }))
    }
    refuseFailure('limit', { outcome: 'limit', code: 'ERR_LIMIT', message: unchecked })
  }

  const loggedIn = (account: Account): void => {
    state.user = account.user
    state.live.account = account
  }
  const check =
    verify &&
    createLoginCheck(
      { clock: parts.clock, verify, waits: parts.waits },
      { client: () => shareOf(peer), loggedIn, stopTimer },
      onLogin,
    )

  return {
    enter: head => {
      state.user = null
      state.live.account = null
      state.target = null
      try {
        current = readRequest(head)
        state.target = formatHostPort(current.target)
        if (!check && parts.requiresLogin(accepted.listener))
          throw fail('ERR_HTTP_AUTH', NO_LOGIN, { status: 407 })
        if (check) return check.begin(readBasicCredentials(head))
      } catch (error) {
        return refuseFault(error)
      }
      permit()
    },
    isQueued: () => check?.isQueued() === true,
    gone: isLate => {
      if (check?.hasFailed() === true) return { reason: 'auth', message: WRONG_LOGIN }
      return isLate
        ? { reason: 'timeout', message: 'the login was not verified in time' }
        : { reason: 'protocol', message: 'the client left before its request was served' }
    },
    stop: () => check?.stop(),
  }
}
