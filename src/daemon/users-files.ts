import { setImmediate } from 'node:timers/promises'
import { usersChange } from '../auth/users-change.ts'
import type { UsersChange } from '../auth/users-change.ts'
import type { ParsedUsers, Users } from '../auth/users-file.ts'
import { parseUsersFileInSlices } from '../auth/users-file.ts'
import type { ReadUsersFile } from '../config/listener-users.ts'
import { usersOfFile } from '../config/listener-users.ts'
import { checkTextSize, readBounded, readUsersText } from '../config/read-file.ts'
import type { Config, UsersFile } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { codeOf, errorOf, fail } from '../core/fail.ts'
import type { Log } from '../log/types.ts'
import type { Look } from './look-at-file.ts'
import { lookAtFile } from './look-at-file.ts'
import { createWatchFiles } from './watch-files.ts'

/** How users files are watched and read. */
export type UsersFilesSystem = {
  readonly look: typeof lookAtFile
  readonly read: ReadUsersFile
  /** Lets connections be served while a long file is parsed. */
  readonly pause: () => Promise<void>
}

/** Those of this host. */
export const realUsersFiles: UsersFilesSystem = {
  look: lookAtFile,
  read: path => readUsersText(path, each => readBounded(each, 'reload')),
  pause: () => setImmediate(),
}

type UsersFilesParts = UsersFilesSystem & {
  readonly clock: Clock
  readonly log: Pick<Log, 'event'>
  /** The configuration in force. */
  readonly config: () => Config
  /** Puts a configuration in force that differs from the one in force by its users. */
  readonly apply: (config: Config) => Promise<void>
  /** Runs a change when those before it are over. */
  readonly inTurn: (change: () => Promise<void>) => Promise<void>
}

/** Applies users files when they change. The configuration file is not read. */
export type UsersFiles = {
  /** Watches the files of the configuration in force. Call it again after each reload. */
  readonly follow: () => void
  readonly stop: () => void
}

const NO_CHANGE: UsersChange = { added: 0, removed: 0, changed: 0 }

const isNone = ({ added, removed, changed }: UsersChange): boolean =>
  added + removed + changed === 0

const larger = (a: UsersChange, b: UsersChange): UsersChange => ({
  added: Math.max(a.added, b.added),
  removed: Math.max(a.removed, b.removed),
  changed: Math.max(a.changed, b.changed),
})

/**
 * A configuration with the users of a file, and what they change. Listeners with the same file may have had
 * other users of it: each of them is compared. @throws ERR_CONFIG for a problem in the file
 */
const withUsers = (
  config: Config,
  path: string,
  file: ParsedUsers,
): { readonly next: Config; readonly change: UsersChange } => {
  let change = NO_CHANGE
  const listeners = config.listeners.map(listener => {
    if (listener.protocol === 'forward' || listener.usersFile?.path !== path) return listener
    const users = usersOfFile(listener.usersFile, file)
    change = larger(change, usersChange(listener.users ?? new Map(), users))
    return { ...listener, users }
  })
  return { next: { ...config, listeners }, change }
}

/** The users of a file, without those that the configuration names itself. */
const withoutOthers = (users: Users, { others }: UsersFile): Users =>
  // A copy of many users takes long.
  others.size === 0 ? users : new Map([...users].filter(([name]) => !others.has(name)))

/** The users of each file of a configuration, by its path: those that the configuration names are left out. */
const usersByFile = ({ listeners }: Config): ReadonlyMap<string, Users> => {
  const files = new Map<string, Users>()
  for (const listener of listeners) {
    if (listener.protocol === 'forward' || !listener.usersFile || !listener.users) continue
    const { users, usersFile } = listener
    if (!files.has(usersFile.path)) files.set(usersFile.path, withoutOthers(users, usersFile))
  }
  return files
}

/**
 * A configuration with the users that its files had in the one before: a file that is watched by itself may have been
 * cut, and is judged there. A user whom the next configuration names itself is taken from there.
 */
export const keepFileUsers = (before: Config, next: Config): Config => {
  const known = usersByFile(before)
  const listeners = next.listeners.map(listener => {
    if (listener.protocol === 'forward' || !listener.usersFile) return listener
    const { usersFile } = listener
    const inForce = known.get(usersFile.path)
    if (!inForce) return listener
    const users = withoutOthers(inForce, usersFile)
    return { ...listener, users: usersOfFile(usersFile, { users, problems: [] }) }
  })
  return { ...next, listeners }
}

/** What a reload changes of the users of files that the configuration before it named too, by the file's path. */
export const usersFileChanges = (
  before: Config,
  next: Config,
): readonly (readonly [path: string, change: UsersChange])[] => {
  const known = usersByFile(before)
  return [...usersByFile(next)].flatMap(([path, users]) => {
    const change = usersChange(known.get(path) ?? users, users)
    return isNone(change) ? [] : [[path, change] as const]
  })
}

/** Somebody may still be writing such a file, or a full disk has cut it within a password. */
const checkEnd = (file: string, text: string): void => {
  if (text.endsWith('\n')) return
  throw fail(
    'ERR_CONFIG',
    `${file}: its last line has no newline, so it may have been cut; end it with a newline, or apply it as it is by SIGHUP`,
  )
}

const rootOf = (error: Error): Error => (error.cause instanceof Error ? rootOf(error.cause) : error)

/** Whether the system could not read a file this time, as without a free file descriptor. */
const mayPass = (error: Error): boolean => /^E(?!RR_|FBIG)/.test(codeOf(rootOf(error)))

export const createUsersFiles = (parts: UsersFilesParts): UsersFiles => {
  const { clock, look, read, pause, log, config, apply, inTurn } = parts
  let stopped = false
  /** The last problem of each file, until it is over. */
  const problems = new Map<string, string>()
  /** The paths at which there was a regular file. Another path has a pipe since the start, on purpose. */
  const regular = new Set<string>()

  const complain = (file: string, thrown: unknown): void => {
    const error = errorOf(thrown).message
    if (problems.get(file) === error) return
    problems.set(file, error)
    log.event({ type: 'users', file, error })
  }

  /** Checks what was found before anything is read. */
  const check = (file: string, { instead, size }: Look): void => {
    if (instead !== null) throw fail('ERR_CONFIG', `${file} is ${instead}; allowed: a file`)
    try {
      checkTextSize(size)
    } catch (error) {
      throw fail('ERR_CONFIG', `${file} ${errorOf(error).message}`)
    }
  }

  /** @returns false if it should be tried again although the file stays the same */
  const update = async (file: string, seen: Look): Promise<boolean> => {
    if (seen.instead === null) regular.add(file)
    else if (!regular.has(file)) return true
    let text: string
    try {
      check(file, seen)
      text = read(file)
    } catch (error) {
      complain(file, error)
      return !mayPass(errorOf(error))
    }
    // Somebody may have written it while it was read: then the next looks find it changed.
    if ((await look(file)).seen !== seen.seen) return true
    const parsed = await parseUsersFileInSlices(text, pause)
    if (stopped) return true
    let found: ReturnType<typeof withUsers>
    try {
      found = withUsers(config(), file, parsed)
      if (!isNone(found.change)) checkEnd(file, text)
    } catch (error) {
      complain(file, error)
      return true
    }
    const { next, change } = found
    try {
      if (!isNone(change)) await apply(next)
    } catch (error) {
      complain(file, error)
      return false
    }
    if (problems.delete(file) || !isNone(change)) log.event({ type: 'users', file, ...change })
    return true
  }

  const files = createWatchFiles({
    clock,
    look,
    changed: async (path, found) => {
      let isDone = true
      await inTurn(async () => {
        if (!stopped) isDone = await update(path, found)
      })
      return isDone
    },
  })

  return {
    follow: () => {
      const paths = config().listeners.flatMap(listener =>
        listener.protocol === 'forward' ? [] : (listener.usersFile?.path ?? []),
      )
      problems.clear()
      regular.clear()
      files.follow(paths)
    },
    stop: () => {
      stopped = true
      files.stop()
    },
  }
}
