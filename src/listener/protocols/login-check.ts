import type { LoginVerdict, Verification, VerifyLogin } from '../../auth/create-verify-login.ts'
import type { CancelTimer } from '../../core/clock.ts'
import type { Login, UncheckedLogin } from '../../core/login.ts'
import type { Session } from '../protocol-types.ts'
import type { ProtocolParts } from '../session-types.ts'

/** The check of one session's login, and the delay after a wrong one. */
export type LoginCheck = {
  /** Begins to check a login; no other may be pending. */
  readonly begin: (login: Login) => void
  /** Whether a login is being verified or its failure delayed. */
  readonly isPending: () => boolean
  /** Whether the login still waits for its verification to start. */
  readonly isQueued: () => boolean
  /** Whether a login was wrong. */
  readonly hasFailed: () => boolean
  /** Cancels the check: nothing is settled any more. */
  readonly stop: () => void
}

/** What a protocol says of a wrong login. It does not tell whether user or password was wrong. */
export const WRONG_LOGIN = 'unknown user or wrong password'

/**
 * Creates the check of the logins of one session.
 *
 * @param parts a reload changes what they hold: they are read when they are used
 * @param settle called once for each login, never before `begin` returns; `unchecked` says why an invalid
 *   login was not checked, if it was not
 */
export const createLoginCheck = (
  verify: VerifyLogin,
  parts: ProtocolParts,
  session: Pick<Session, 'client' | 'loggedIn' | 'stopTimer'>,
  settle: (ok: boolean, unchecked?: UncheckedLogin) => void,
): LoginCheck => {
  let isPending = false
  let hasFailed = false
  let stopped = false
  let cancelDelay: CancelTimer = () => {}
  let verification: Verification | undefined

  const end = (ok: boolean, unchecked?: UncheckedLogin): void => {
    isPending = false
    settle(ok, unchecked)
  }

  const onVerified = (verdict: LoginVerdict): void => {
    if (stopped) return
    if (verdict.ok) {
      session.loggedIn(verdict.account)
      return end(true)
    }
    // The delay slows down guessing; this refusal says nothing about the password.
    if (verdict.code !== 'wrong') return end(false, verdict)
    hasFailed = true
    const { clock, waits } = parts
    if (waits.authFailureDelayMs <= 0) return end(false)
    // The delay has a timer of its own, so that the handshake timeout cannot end it early.
    session.stopTimer()
    cancelDelay = clock.after(waits.authFailureDelayMs, () => end(false))
  }

  return {
    begin: login => {
      isPending = true
      verification = verify(login, session.client, onVerified)
    },
    isPending: () => isPending,
    isQueued: () => verification?.isWaiting() === true,
    hasFailed: () => hasFailed,
    stop: () => {
      stopped = true
      verification?.leave()
      cancelDelay()
    },
  }
}
