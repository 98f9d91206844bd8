import type { Users } from '../auth/users-file.ts'
import { parseUsersFile } from '../auth/users-file.ts'
import { isMapping } from './collections.ts'
import type { ListenTexts } from './listen-addresses.ts'
import { isOptional, parseListen } from './listen-addresses.ts'
import type { Finding } from './problem.ts'
import type { Loaded } from './section.ts'
import { validPart } from './section.ts'
import { AUTH } from './table/listeners.ts'
import type { LISTENER } from './table/listeners.ts'
import type { ListenerConfig } from './types.ts'

type Nameable = {
  readonly name: string | null
  readonly protocol: string
  readonly listen: ListenTexts
}

/** protocol-port, or protocol-file name for a UNIX socket, from the first address. */
const plainName = (protocol: string, listen: ListenTexts): string => {
  const [first] = parseListen(listen)
  if (first?.type !== 'unix') return `${protocol}-${first?.port ?? 0}`
  return `${protocol}-${first.path.slice(first.path.lastIndexOf('/') + 1)}`
}

/**
 * The names of all listeners, in order. Given names are kept; the others consist of protocol and port, with
 * -2, -3 if that name is taken.
 */
export const nameListeners = (listeners: readonly Nameable[]): readonly string[] => {
  const taken = new Set(listeners.flatMap(({ name }) => name ?? []))
  return listeners.map(({ name, protocol, listen }) => {
    if (name !== null) return name
    const plain = plainName(protocol, listen)
    let free = plain
    for (let n = 2; taken.has(free); n++) free = `${plain}-${n}`
    taken.add(free)
    return free
  })
}

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
  const { users, usersFile } = validPart(AUTH, listener.auth)
  const all = new Map(users)
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

/** Converts checked listeners to the daemon's form. `users` holds each listener's users, in the same order. */
export const buildListeners = (
  listeners: readonly Loaded<typeof LISTENER.keys>[],
  users: readonly (Users | null)[],
): readonly ListenerConfig[] => {
  const names = nameListeners(listeners)
  return listeners.map((listener, i): ListenerConfig => {
    const { protocol, listen, mode, group, clients, open, proxyProtocol, egress, target } = listener
    const base = {
      name: names[i] ?? '',
      listen: parseListen(listen),
      optionalAddresses: isOptional(listen),
      mode,
      group,
      clients,
      open,
      proxyProtocol,
      egress,
    }
    return protocol === 'forward'
      ? { ...base, protocol, target: target ?? [] }
      : { ...base, protocol, users: users[i] ?? null }
  })
}
