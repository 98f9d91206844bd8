import { createHmac, randomBytes } from 'node:crypto'
import { createBoundedQueue } from './bounded-queue.ts'
import { createPasswordChecker } from './check-password.ts'
import { createRecentKeys } from './recent-keys.ts'
import type { Scrypt } from './scrypt.ts'
import { scrypt as realScrypt } from './scrypt.ts'
import type { Login, Users, VerifyLogin } from './types.ts'

export type VerifyLoginOptions = {
  /** Default: Node's, off the main thread. */
  readonly scrypt?: Scrypt
  /** Verifications that run at the same time. Default 2: each holds a thread and 16 MiB. */
  readonly atOnce?: number
  /** Verifications that wait beyond those; one more is refused. Default 128. */
  readonly waiting?: number
  /** Right logins that are remembered. Default 4096. */
  readonly remembered?: number
}

const AT_ONCE = 2
const WAITING = 128
const REMEMBERED = 4096

// Names compare as bytes, so a mark at the beginning (U+FEFF) stays.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Makes the check of logins. A right login is remembered under a hash with a key that only this
 * verifier has, so scrypt is paid once, not per connection; equal logins at the same time share one
 * verification. A wrong one leaves nothing behind. A reload makes a new verifier, which remembers
 * nothing. Where the system cannot verify (no memory), or too many wait, the login is refused.
 *
 * @param users checked before: every hash in it is sound
 */
export const createVerifyLogin = (users: Users, options: VerifyLoginOptions = {}): VerifyLogin => {
  const { scrypt = realScrypt, atOnce = AT_ONCE, waiting = WAITING } = options
  const checker = createPasswordChecker(users, scrypt)
  const queue = createBoundedQueue(atOnce, waiting)
  const remembered = createRecentKeys(options.remembered ?? REMEMBERED)
  const underWay = new Map<string, Promise<string | null>>()
  const secret = randomBytes(32)

  // The name's length goes in front: "ab" with "c" must not be "a" with "bc".
  const keyOf = ({ user, password }: Login): string =>
    createHmac('sha256', secret)
      .update(Uint8Array.of(user.length))
      .update(user)
      .update(password)
      .digest('base64')

  const verify = async (login: Login, key: string): Promise<string | null> => {
    try {
      const name = await queue.run(() => checker.check(login))
      if (name === null || name === undefined) return null
      remembered.add(key)
      return name
    } catch {
      return null
    } finally {
      underWay.delete(key)
    }
  }

  return login => {
    if (!checker.slow) return checker.check(login)
    const key = keyOf(login)
    // Only right logins are remembered, and a right login's name is the user's, byte for byte.
    if (remembered.has(key)) return Promise.resolve(UTF8.decode(login.user))
    const same = underWay.get(key)
    if (same) return same
    const verdict = verify(login, key)
    underWay.set(key, verdict)
    return verdict
  }
}
