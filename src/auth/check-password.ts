import { isUtf8 } from 'node:buffer'
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Login } from '../core/login.ts'
import type { PasswordHash, Scrypt } from './password-hash.ts'
import { DEFAULT_PARAMETERS, HASH_PREFIX, parsePasswordHash } from './password-hash.ts'
import type { Users } from './users-file.ts'

/** Checks one login and returns the user's name if it is right. */
export type PasswordChecker = {
  /** Whether each check costs one scrypt derivation; if not, `check` is fast. */
  readonly slow: boolean
  /** Resolves to the user's name or null. It rejects only if `scrypt` does. */
  readonly check: (login: Login) => Promise<string | null>
}

/** An unknown name chooses one of so many hashes by one byte. */
const DECOYS_MAX = 256

/** The first hashes of the users, as many as unknown names need. */
const decoysOf = (users: Users): readonly PasswordHash[] => {
  const decoys: PasswordHash[] = []
  for (const password of users.values()) {
    if (!password.startsWith(HASH_PREFIX)) continue
    decoys.push(parsePasswordHash(password))
    if (decoys.length === DECOYS_MAX) break
  }
  return decoys
}

/** The text of these bytes; null if they are not UTF-8. No two differing names have the same text. */
const decode = (bytes: Uint8Array): string | null =>
  isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') : null

/** Longer than any stored password; the two bytes behind it are the length. */
const COMPARED_BYTES = 256

/** Compares a password in a time that depends on neither, but for the copy of up to 256 bytes. */
const isEqual = (given: Uint8Array, stored: string): boolean => {
  const left = Buffer.alloc(COMPARED_BYTES + 2)
  const right = Buffer.alloc(COMPARED_BYTES + 2)
  left.set(given.subarray(0, COMPARED_BYTES))
  left.writeUInt16BE(Math.min(given.length, COMPARED_BYTES), COMPARED_BYTES)
  right.writeUInt16BE(right.write(stored), COMPARED_BYTES)
  return timingSafeEqual(left, right)
}

/**
 * Checks logins against users. If any user has a hash, each check costs exactly one scrypt derivation, also
 * for an unknown name and for a plain password, so that the duration does not reveal which names exist.
 *
 * Passwords are parsed and encoded by the checks, so that many users cost little time when they are replaced.
 */
export const createPasswordChecker = (users: Users, scrypt: Scrypt): PasswordChecker => {
  const key = randomBytes(32)
  const digestOf = (bytes: Uint8Array): Uint8Array =>
    createHmac('sha256', key).update(bytes).digest()
  const decoys = decoysOf(users)
  const salt = randomBytes(16)

  /**
   * Returns a hash that no password matches, with the cost of a real user's hash. The name chooses that
   * user, so a name always costs the same.
   */
  const decoy = (user: Uint8Array): PasswordHash => {
    const place = (digestOf(user)[0] ?? 0) % Math.max(1, decoys.length)
    const { parameters = DEFAULT_PARAMETERS, hash } = decoys[place] ?? {}
    return { parameters, salt, hash: new Uint8Array(hash?.length ?? 32) }
  }

  const matchesHash = async (password: Uint8Array, stored: PasswordHash): Promise<boolean> => {
    const derived = await scrypt(password, stored.salt, stored.hash.length, stored.parameters)
    return timingSafeEqual(derived, stored.hash)
  }

  const check = async ({ user, password }: Login): Promise<string | null> => {
    const name = decode(user)
    const stored = name === null ? undefined : users.get(name)
    if (stored?.startsWith(HASH_PREFIX)) {
      return (await matchesHash(password, parsePasswordHash(stored))) ? name : null
    }
    const right = isEqual(password, stored ?? '')
    if (decoys.length > 0) await matchesHash(password, decoy(user))
    return stored !== undefined && right ? name : null
  }
  return { slow: decoys.length > 0, check }
}
