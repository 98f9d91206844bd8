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

/** UTF-8 takes at most 3 bytes for each UTF-16 code unit. */
const SURELY_SHORT = LOGIN_MAX_BYTES / 3

/** A file that is no users file may have a problem in each of millions of lines. */
const PROBLEMS_MAX = 10_000

const checkLength = (text: string, what: string): void => {
  if (text.length >= 1 && text.length <= SURELY_SHORT) return
  const found = new TextEncoder().encode(text).length
  if (found >= 1 && found <= LOGIN_MAX_BYTES) return
  throw fail(
    'ERR_INVALID_ARG',
    `found a ${what} of ${found} bytes; allowed: 1 to ${LOGIN_MAX_BYTES} bytes`,
  )
}

/**
 * Checks a user's name: 1 to 255 bytes in UTF-8, without white space at its ends, which nobody sees and nobody
 * types.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkUserName = (name: string): void => {
  checkLength(name, "user's name")
  if (name.trim() === name) return
  const place = name.trimStart() === name ? 'behind' : 'before'
  throw fail(
    'ERR_INVALID_ARG',
    `found white space ${place} a user's name; allowed: a name that neither begins nor ends with it`,
  )
}

/**
 * Checks a password: a valid hash, or plain text of 1 to 255 bytes. The beginning of a hash is neither: a full
 * disk or a killed program may have cut the hash, and everybody knows `$scrypt`.
 *
 * @throws ERR_INVALID_ARG; the message never contains the password
 */
export const checkPassword = (password: string): void => {
  if (password === HIDDEN_PASSWORD) {
    throw fail(
      'ERR_INVALID_ARG',
      `found ${HIDDEN_PASSWORD}, which stands for a password where a configuration is shown; allowed: the password or its hash`,
    )
  }
  if (password.startsWith(HASH_PREFIX)) return void parsePasswordHash(password)
  checkLength(password, 'password')
  if (HASH_PREFIX.startsWith(password)) {
    throw fail(
      'ERR_INVALID_ARG',
      'found only the beginning of a $scrypt$ hash; allowed: the whole hash, or a password that is no beginning of $scrypt$',
    )
  }
}

/** A blank line or a comment. */
const NO_USER = /^\s*(?:#|$)/

const parseLine = (line: string): readonly [string, string] => {
  const colon = line.indexOf(':')
  if (colon < 0) {
    throw fail('ERR_INVALID_ARG', 'found a line without a colon; allowed: name:password')
  }
  const name = line.slice(0, colon)
  const password = line.slice(colon + 1)
  checkUserName(name)
  if (password.trim() !== password) {
    const place = password.trimStart() === password ? 'behind' : 'before'
    throw fail(
      'ERR_INVALID_ARG',
      `found white space ${place} a password; allowed: name:password without it, or the hash of a password that begins or ends with it`,
    )
  }
  checkPassword(password)
  return [name, password]
}

/** What a users file says. */
export type ParsedUsers = {
  /** The users of all valid lines. */
  readonly users: Users
  /** A file without users is a problem too. At most 10,000: parsing stops there. */
  readonly problems: readonly UsersFileProblem[]
}

/** Lines between two pauses: a few milliseconds. */
const SLICE_LINES = 2000

/** Parses a users file, and yields between its slices. */
const parseSlices = function* (text: string): Generator<void, ParsedUsers> {
  const users = new Map<string, string>()
  const problems: UsersFileProblem[] = []
  let start = text.startsWith('\uFEFF') ? 1 : 0
  for (let number = 1; start <= text.length && problems.length < PROBLEMS_MAX; number++) {
    if (number % SLICE_LINES === 0) yield
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, end > start && text[end - 1] === '\r' ? end - 1 : end)
    start = end + 1
    if (NO_USER.test(line)) continue
    try {
      const [name, password] = parseLine(line)
      if (users.has(name)) {
        throw fail('ERR_INVALID_ARG', `found the user ${JSON.stringify(name)} for the second time`)
      }
      users.set(name, password)
    } catch (error) {
      problems.push({ line: number, message: (error as Error).message })
    }
  }
  if (users.size === 0 && problems.length === 0) {
    problems.push({ line: 0, message: 'found no users; allowed: one name:password a line' })
  }
  return { users, problems }
}

/**
 * Parses a users file: one `name:password` per line; the password is everything after the first colon.
 * White space at the ends of either is a problem. Blank lines and lines that begin with `#` are skipped.
 */
export const parseUsersFile = (text: string): ParsedUsers => {
  const slices = parseSlices(text)
  let step = slices.next()
  while (!step.done) step = slices.next()
  return step.value
}

/** As `parseUsersFile`, but waits for `pause` after every few thousand lines. */
export const parseUsersFileInSlices = async (
  text: string,
  pause: () => Promise<void>,
): Promise<ParsedUsers> => {
  const slices = parseSlices(text)
  let step = slices.next()
  while (!step.done) {
    await pause()
    step = slices.next()
  }
  return step.value
}
