import { fail } from '../core/fail.ts'
import { HASH_PREFIX, parsePasswordHash } from './password-hash.ts'

/** The password of each user by name: a `$scrypt$` hash or plain text. */
export type Users = ReadonlyMap<string, string>

/** One problem in a users file. The message never contains a password. */
export type UsersFileProblem = {
  /** The line number, from 1; 0 if the problem concerns the whole file. */
  readonly line: number
  readonly message: string
}

/** RFC 1929 section 2: the length of a name or a password is one byte. */
const LOGIN_MAX_BYTES = 255

/**
 * Replaces a password wherever a configuration is shown. It is not accepted as a password, so a shown
 * configuration cannot be used to log in.
 */
export const HIDDEN_PASSWORD = '(hidden)'

const byteLength = (text: string): number => new TextEncoder().encode(text).length

const checkLength = (text: string, what: string): void => {
  const found = byteLength(text)
  if (found >= 1 && found <= LOGIN_MAX_BYTES) return
  throw fail(
    'ERR_INVALID_ARG',
    `found a ${what} of ${found} bytes; allowed: 1 to ${LOGIN_MAX_BYTES} bytes`,
  )
}

/** Checks a user's name: 1 to 255 bytes in UTF-8. @throws ERR_INVALID_ARG */
export const checkUserName = (name: string): void => {
  checkLength(name, "user's name")
}

/**
 * Checks a password: a valid hash, or plain text of 1 to 255 bytes. @throws ERR_INVALID_ARG; the message
 * never contains the password
 */
export const checkPassword = (password: string): void => {
  if (password === HIDDEN_PASSWORD) {
    throw fail(
      'ERR_INVALID_ARG',
      `found ${HIDDEN_PASSWORD}, which stands for a password where a configuration is shown; allowed: the password or its hash`,
    )
  }
  if (password.startsWith(HASH_PREFIX)) parsePasswordHash(password)
  else checkLength(password, 'password')
}

const parseLine = (line: string): readonly [string, string] => {
  const colon = line.indexOf(':')
  if (colon < 0) {
    throw fail('ERR_INVALID_ARG', 'found a line without a colon; allowed: name:password')
  }
  const name = line.slice(0, colon)
  const password = line.slice(colon + 1)
  checkUserName(name)
  checkPassword(password)
  return [name, password]
}

/**
 * Parses a users file: one `name:password` per line; the password is everything after the first colon,
 * spaces included. Blank lines and lines that begin with `#` are skipped.
 *
 * @returns the users of all valid lines, and all problems; a file without users is a problem too
 */
export const parseUsersFile = (
  text: string,
): { readonly users: Users; readonly problems: readonly UsersFileProblem[] } => {
  const users = new Map<string, string>()
  const problems: UsersFileProblem[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    try {
      const [name, password] = parseLine(line)
      if (users.has(name)) {
        throw fail('ERR_INVALID_ARG', `found the user ${JSON.stringify(name)} for the second time`)
      }
      users.set(name, password)
    } catch (error) {
      problems.push({ line: i + 1, message: (error as Error).message })
    }
  }
  if (users.size === 0 && problems.length === 0) {
    problems.push({ line: 0, message: 'found no users; allowed: one name:password a line' })
  }
  return { users, problems }
}
