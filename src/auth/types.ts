/** A login as it came off the wire: RFC 1929 gives bytes, 1 to 255 each, in no stated character set. */
export type Login = { readonly user: Uint8Array; readonly password: Uint8Array }

/**
 * Checks one login. Resolves to the user's name (its bytes as UTF-8), or null where the user is unknown or the password
 * wrong; both take the same time. It never rejects.
 */
export type VerifyLogin = (login: Login) => Promise<string | null>

/** Users and what stands for their password: a `$scrypt$` hash or the plain text. */
export type Users = ReadonlyMap<string, string>
