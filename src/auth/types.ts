import type { Login } from '../core/login.ts'
/** The result of a login. */
export type LoginVerdict =
  /** The user's name, decoded as UTF-8. */
  | { readonly ok: true; readonly user: string }
  /** The user is unknown or the password is wrong; both take the same time. */
  | { readonly ok: false; readonly code: 'wrong' }
  /** The login was not checked; the message contains the reason. */
  | { readonly ok: false; readonly code: 'limit'; readonly message: string }

/** A login that is being checked. */
export type Verification = {
  /**
   * Cancels the wait because the client has left: `settle` is not called any more, and a queued
   * verification leaves the queue.
   */
  readonly leave: () => void
  /** Whether the verification still waits in the queue. */
  readonly isWaiting: () => boolean
}

/**
 * Checks one login.
 *
 * @param client the client whose share of verifications the login uses
 * @param settle called once, never before the call returns
 */
export type VerifyLogin = (
  login: Login,
  client: string,
  settle: (verdict: LoginVerdict) => void,
) => Verification

/** The password of each user by name: a `$scrypt$` hash or plain text. */
export type Users = ReadonlyMap<string, string>
