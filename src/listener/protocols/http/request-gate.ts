import type { Account } from '../../../auth/accounts.ts'
import type { VerifyLogin } from '../../../auth/create-verify-login.ts'
import { fail } from '../../../core/fail.ts'
import { formatHostPort } from '../../../core/host-port.ts'
import type { UncheckedLogin } from '../../../core/login.ts'
import { readBasicCredentials } from '../../../wire/http/basic-credentials.ts'
import type { HttpRefusal } from '../../../wire/http/refusal.ts'
import { answerFailure, refuseHttpFault } from '../../../wire/http/refusal.ts'
import type { RequestTarget } from '../../../wire/http/request-target.ts'
import type { RequestHead } from '../../../wire/http/wire.ts'
import { shareOf } from '../../accepted.ts'
import { admitRequest } from '../../admit-request.ts'
import { clientRefusal } from '../../client-refusal.ts'
import type { RejectReason } from '../../events.ts'
import type { ClientFailure, Protocol } from '../../protocol-types.ts'
import type { SessionState } from '../../session-state.ts'
import { setAccount } from '../../session-state.ts'
import type { LoginCheck } from '../login-check.ts'
import { WRONG_LOGIN, createLoginCheck } from '../login-check.ts'
import { wentAway } from '../went-away.ts'
import type { ForwardedRequest } from './exchange.ts'
import { refuseHttpLogin } from './login-refusal.ts'
import { readRequest } from './read-request.ts'

/** Why a request is not forwarded, and the answer. */
export type RequestRefusal = Pick<HttpRefusal, 'answer' | 'status' | 'message'> & {
  readonly reason: RejectReason
}

/** The message for a client whose listener got users after it connected. */
const NO_LOGIN = 'a login is required now: connect again'

/** What every request of a connection has to pass, with the users and rules that are in force at that time. */
export type RequestGate = {
  /**
   * Checks form, login and access of a request. Another may follow when it was permitted.
   *
   * @param asked its target, if it was read before
   */
  readonly enter: (head: RequestHead, asked?: RequestTarget) => void
  /** Refuses a head that could not be decoded. @param error the decoder's */
  readonly refuseHead: (error: unknown) => void
  /** Returns the reason for the log if a client leaves or times out before its request was served. */
  readonly gone: Protocol['gone']
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
  /** Created for the first login. */
  let check: LoginCheck | null = null

  /** Each request has its own login and target. */
  const begin = (): void => {
    setAccount(state, null)
    state.target = null
  }

  const refuseFault = (error: unknown): void => refused(refuseHttpFault(error))

  const refuseFailure = (reason: RejectReason, failure: ClientFailure): void =>
    refused({ reason, message: failure.message, ...answerFailure(failure, peer.isLocal) })

  const permit = (): void => {
    if (!current) return
    const admitted = admitRequest(state, [current.target])
    if ('failure' in admitted) refuseFailure(admitted.reason, admitted.failure)
    else permitted(current)
  }

  const onLogin = (ok: boolean, unchecked?: UncheckedLogin): void => {
    if (ok) permit()
    else refused(refuseHttpLogin(unchecked, peer.isLocal))
  }

  const session = {
    client: shareOf(peer),
    loggedIn: (account: Account): void => setAccount(state, account),
    stopTimer,
  }

  return {
    enter: (head, asked) => {
      begin()
      const inForce = parts.requirements(accepted.listener)
      const refusal = inForce && clientRefusal(inForce.clients, peer)
      try {
        current = readRequest(head, asked)
        state.target = formatHostPort(current.target)
        if (refusal !== null) {
          const code = 'ERR_ACCESS_DENIED'
          return refuseFailure('access', { outcome: 'client-denied', code, message: refusal })
        }
        if (inForce ? inForce.isLoginRequired : verify) {
          if (!verify) throw fail('ERR_HTTP_AUTH', NO_LOGIN, { status: 407 })
          check ??= createLoginCheck(verify, parts, session, onLogin)
          return check.begin(readBasicCredentials(head))
        }
      } catch (error) {
        return refuseFault(error)
      }
      permit()
    },
    refuseHead: error => {
      begin()
      refuseFault(error)
    },
    gone: why => {
      if (check?.hasFailed() === true) return { reason: 'auth', message: WRONG_LOGIN }
      const awaited = check?.isPending() === true ? 'verification' : 'response'
      return wentAway(why, awaited, parts.waits.handshakeTimeoutMs)
    },
    stop: () => check?.stop(),
  }
}
