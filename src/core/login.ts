/**
 * A login as received: RFC 1929 section 2 sends 1 to 255 bytes each for user and password, in no defined
 * character set.
 */
export type Login = { readonly user: Uint8Array; readonly password: Uint8Array }

/** Why a login was refused without a word about its password. */
export type UncheckedLogin = {
  /** limit: too many logins wait. banned: the client is refused for a time. */
  readonly code: 'limit' | 'banned'
  /** For people. */
  readonly message: string
}
