import type { Users } from '../auth/users-file.ts'
import { parseUsersFile } from '../auth/users-file.ts'
import { isMapping, soundPart } from './check/sound-part.ts'
import type { Finding } from './problem.ts'
import { authSchema } from './schema/listener.ts'

/**
 * Reads a users file at the path written in the configuration. If it fails, it throws an error whose
 * message is for people.
 */
export type ReadUsersFile = (path: string) => string

type UsersOfListener = {
  /** Null if the listener requires no login. */
  readonly users: Users | null
  /** Paths start at the listener. */
  readonly findings: readonly Finding[]
}

const fromFile = (path: string, read: ReadUsersFile): { users: Users; findings: Finding[] } => {
  try {
    const { users, problems } = parseUsersFile(read(path))
    const findings = problems.map(({ line, message }) => ({
      path: ['auth', 'usersFile'],
      what: 'value' as const,
      message,
      where: line === 0 ? path : `${path}:${line}`,
    }))
    return { users, findings }
  } catch (error) {
    const message = (error as Error).message
    return { users: new Map(), findings: [{ path: ['auth', 'usersFile'], what: 'value', message }] }
  }
}

/** True if `auth` has neither users nor a users file; wrong values are reported separately. */
const namesNobody = (auth: Readonly<Record<string, unknown>>): boolean =>
  !('usersFile' in auth) &&
  (!('users' in auth) || (isMapping(auth.users) && Object.keys(auth.users).length === 0))

/** All users of one listener, including those of its file, and the mistakes that concern them together. */
export const listenerUsers = (listener: unknown, read: ReadUsersFile): UsersOfListener => {
  if (!isMapping(listener) || !isMapping(listener.auth)) return { users: null, findings: [] }
  const { users = {}, usersFile } = soundPart(authSchema, listener.auth)
  const all = new Map(Object.entries(users))
  const findings: Finding[] = []
  if (usersFile !== undefined) {
    const file = fromFile(usersFile, read)
    findings.push(...file.findings)
    for (const [name, password] of file.users) {
      if (all.has(name)) {
        const message = `found the user ${JSON.stringify(name)} here and in users; allowed: one of them`
        findings.push({ path: ['auth', 'usersFile'], what: 'value', message })
      }
      all.set(name, password)
    }
  } else if (namesNobody(listener.auth)) {
    const message =
      'found no users; allowed: users with at least one name, usersFile, or no auth at all'
    findings.push({ path: ['auth'], what: 'value', message })
  }
  return { users: all, findings }
}
