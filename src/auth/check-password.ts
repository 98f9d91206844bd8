import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Login } from '../core/login.ts'
import type { PasswordHash, Scrypt } from './password-hash.ts'
import { DEFAULT_PARAMETERS, HASH_PREFIX, parsePasswordHash } from './password-hash.ts'
import type { Users } from './users-file.ts'

type Account = { readonly name: string } & (
  { readonly hash: PasswordHash } | { readonly digest: Uint8Array }
)

/** Checks one login and returns the user's name if it is right. */
export type PasswordChecker = {
  /** Whether each check costs one scrypt derivation; if not, `check` is fast. */
  readonly slow: boolean
  /** Resolves to the user's name or null. It rejects only if `scrypt` does. */
  readonly check: (login: Login) => Promise<string | null>
}

/** Converts each byte to one character, so that names compare as bytes. */
const byteKey = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')

/**
 * Checks logins against users. If any user has a hash, each check costs exactly one scrypt derivation, also
 * for an unknown name and for a plain password, so that the duration does not reveal which names exist.
 */
export const createPasswordChecker = (users: Users, scrypt: Scrypt): PasswordChecker => {
  const key = randomBytes(32)
  const digestOf = (bytes: Uint8Array): Uint8Array =>
    createHmac('sha256', key).update(bytes).digest()
  const accounts = new Map(
    [...users].map(([name, password]): [string, Account] => [
      byteKey(new TextEncoder().encode(name)),
      password.startsWith(HASH_PREFIX)
        ? { name, hash: parsePasswordHash(password) }
        : { name, digest: digestOf(new TextEncoder().encode(password)) },
    ]),
  )
  const hashes = [...accounts.values()].flatMap(account => ('hash' in account ? account.hash : []))
  const nobody = digestOf(randomBytes(32))
  const salt = randomBytes(16)

  /**
   * Returns a hash that no password matches, with the cost of a real user's hash. The name chooses that
   * user, so a name always costs the same.
   */
  const decoy = (user: Uint8Array): PasswordHash => {
    const place = (digestOf(user)[0] ?? 0) % Math.max(1, hashes.length)
    const { parameters = DEFAULT_PARAMETERS, hash } = hashes[place] ?? {}
    return { parameters, salt, hash: new Uint8Array(hash?.length ?? 32) }
  }

  const matchesHash = async (password: Uint8Array, stored: PasswordHash): Promise<boolean> => {
    const derived = await scrypt(password, stored.salt, stored.hash.length, stored.parameters)
    return timingSafeEqual(derived, stored.hash)
  }

  const check = async ({ user, password }: Login): Promise<string | null> => {
    const account = accounts.get(byteKey(user))
    if (account && 'hash' in account) {
      return (await matchesHash(password, account.hash)) ? account.name : null
    }
    const right = timingSafeEqual(digestOf(password), account ? account.digest : nobody)
    if (hashes.length > 0) await matchesHash(password, decoy(user))
    return account && right ? account.name : null
  }
  return { slow: hashes.length > 0, check }
}
