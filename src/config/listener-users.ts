import type { ParsedUsers, Users } from '../auth/users-file.ts'
import { parseUsersFile } from '../auth/users-file.ts'
import { fail } from '../core/fail.ts'
import { isMapping } from './collections.ts'
import type { Finding } from './problem.ts'
import { validPart } from './section.ts'
import { AUTH } from './table/listeners.ts'
import type { Config, ListenerLogins, UsersFile } from './types.ts'

/** Reads the text of a users file. If it fails, it throws an error whose message is for people. */
export type ReadUsersFile = (path: string) => string

/** Reads and parses a users file; throws the errors of `ReadUsersFile`. */
export type ParseUsersFile = (path: string) => ParsedUsers

/** Parses each file once, so that listeners with the same file share its users. */
export const usersFileParser = (read: ReadUsersFile): ParseUsersFile => {
  const files = new Map<string, ParsedUsers>()
  return path => {
    const file = files.get(path) ?? parseUsersFile(read(path))
    files.set(path, file)
    return file
  }
}

export const NO_LOGINS: ListenerLogins = { users: null, usersFile: null, revoke: false }

type LoginsOfListener = {
  readonly logins: ListenerLogins
  /** Paths start at the listener. */
  readonly findings: readonly Finding[]
}

/** True if `auth` has neither users nor a users file; wrong values are reported separately. */
const namesNobody = (auth: Readonly<Record<string, unknown>>): boolean =>
  !('usersFile' in auth) &&
  (!('users' in auth) || (isMapping(auth.users) && Object.keys(auth.users).length === 0))

const problemAt = (message: string): Finding => ({
  path: ['auth', 'usersFile'],
  what: 'value',
  message,
})

/** All users of a listener with a users file, and the mistakes in that file. */
const joinFile = (
  { path, others }: UsersFile,
  file: ParsedUsers,
): { readonly users: Users; readonly findings: readonly Finding[] } => {
  const findings = file.problems.map(({ line, message }): Finding => {
    return { ...problemAt(message), where: line === 0 ? path : `${path}:${line}` }
  })
  // A copy of many users takes long.
  if (others.size === 0) return { users: file.users, findings }
  for (const name of others.keys()) {
    if (!file.users.has(name)) continue
    const found = `found the user ${JSON.stringify(name)} here and in users`
    findings.push(problemAt(`${found}; allowed: one of them`))
  }
  return { users: new Map([...others, ...file.users]), findings }
}

const readFile = (usersFile: UsersFile, parse: ParseUsersFile): ReturnType<typeof joinFile> => {
  try {
    return joinFile(usersFile, parse(usersFile.path))
  } catch (error) {
    return { users: usersFile.others, findings: [problemAt((error as Error).message)] }
  }
}

/** Who may log in to one listener, its users file included, and the mistakes that concern them together. */
export const listenerUsers = (listener: unknown, parse: ParseUsersFile): LoginsOfListener => {
  if (!isMapping(listener) || !isMapping(listener.auth)) return { logins: NO_LOGINS, findings: [] }
  const { users, usersFile: path, revoke = false } = validPart(AUTH, listener.auth)
  const others = new Map(users)
  if (path !== undefined) {
    const usersFile = { path, others }
    const joined = readFile(usersFile, parse)
    return { logins: { users: joined.users, usersFile, revoke }, findings: joined.findings }
  }
  const findings: Finding[] = []
  if (namesNobody(listener.auth)) {
    const message =
      'found no users; allowed: users with at least one name, usersFile, or no auth at all'
    findings.push({ path: ['auth'], what: 'value', message })
  }
  return { logins: { users: others, usersFile: null, revoke }, findings }
}

/**
 * The users of a listener whose users file has changed.
 *
 * @throws ERR_CONFIG with the first problem of the file, and the number of the others
 */
export const usersOfFile = (usersFile: UsersFile, file: ParsedUsers): Users => {
  const { users, findings } = joinFile(usersFile, file)
  const [first] = findings
  if (!first) return users
  const { where, message } = first
  const others = findings.length - 1
  const more = others === 0 ? '' : ` (and ${others} more ${others === 1 ? 'problem' : 'problems'})`
  throw fail('ERR_CONFIG', `${where === undefined ? '' : `${where}: `}${message}${more}`)
}

/** A configuration with other paths of its users files. */
export const withUsersFiles = (config: Config, resolve: (path: string) => string): Config => ({
  ...config,
  listeners: config.listeners.map(listener => {
    if (listener.protocol === 'forward' || listener.usersFile === null) return listener
    const { path, others } = listener.usersFile
    return { ...listener, usersFile: { path: resolve(path), others } }
  }),
})
