import type { Login } from '../core/login.ts'
/** What came of a login. */
export type LoginVerdict =
  /** The user's name: its bytes as UTF-8. */
  | { readonly ok: true; readonly user: string }
  /** The user is unknown or the password wrong; both take the same time. */
  | { readonly ok: false; readonly code: 'wrong' }
  /** It was not checked; the message says why. */
  | { readonly ok: false; readonly code: 'limit'; readonly message: string }

/** A login that is being checked. */
export type Verification = {
  /** The client has left: `settle` is not called any more, and a turn that was waited for is another's. */
  readonly leave: () => void
  /** Whether it still waits for its turn. */
  readonly isWaiting: () => boolean
}

/**
 * Checks one login.
 *
 * @param client whose turns it takes
 * @param settle called once, never before the call returns
 */
export type VerifyLogin = (
  login: Login,
  client: string,
  settle: (verdict: LoginVerdict) => void,
) => Verification

/** Users and what stands for their password: a `$scrypt$` hash or the plain text. */
export type Users = ReadonlyMap<string, string>
