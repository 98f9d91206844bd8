import type { Users } from '../auth/users-file.ts'
import type { ReadUsersFile } from '../config/listener-users.ts'
import { readUsersAgain } from '../config/listener-users.ts'
import { readBounded, readUsersText } from '../config/read-file.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { errorOf } from '../core/fail.ts'
import type { Log } from '../log/types.ts'
import { lookAtFile } from './look-at-file.ts'
import { createWatchFiles } from './watch-files.ts'

/** How users files are watched and read. */
export type UsersFilesSystem = {
  readonly look: typeof lookAtFile
  readonly read: ReadUsersFile
}

/** Those of this host. */
export const realUsersFiles: UsersFilesSystem = {
  look: lookAtFile,
  read: path => readUsersText(path, readBounded),
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

/** How many users were added, removed, and given another password. */
type Change = { readonly added: number; readonly removed: number; readonly changed: number }

const changeOf = (before: Users, after: Users): Change => ({
  added: [...after.keys()].filter(user => !before.has(user)).length,
  removed: [...before.keys()].filter(user => !after.has(user)).length,
  changed: [...after].filter(([user, password]) => {
    const known = before.get(user)
    return known !== undefined && known !== password
  }).length,
})

const isNone = ({ added, removed, changed }: Change): boolean => added + removed + changed === 0

/** A configuration with the users of a file, and what they change. @throws ERR_CONFIG for a problem in it */
const withUsers = (
  config: Config,
  path: string,
  text: string,
): { readonly next: Config; readonly change: Change } => {
  let change: Change = { added: 0, removed: 0, changed: 0 }
  const listeners = config.listeners.map(listener => {
    if (listener.protocol === 'forward' || listener.usersFile?.path !== path) return listener
    const users = readUsersAgain(listener.usersFile, () => text)
    // All listeners with this file had the same users of it.
    change = changeOf(listener.users ?? new Map(), users)
    return { ...listener, users }
  })
  return { next: { ...config, listeners }, change }
}

export const createUsersFiles = (parts: UsersFilesParts): UsersFiles => {
  const { clock, look, read, log, config, apply, inTurn } = parts
  let stopped = false
  /** The last problem of each file, until it is over. */
  const problems = new Map<string, string>()

  const complain = (file: string, thrown: unknown): void => {
    const error = errorOf(thrown).message
    if (problems.get(file) === error) return
    problems.set(file, error)
    log.event({ type: 'users', file, error })
  }

  const update = async (file: string, seen: string): Promise<boolean> => {
    let text: string
    try {
      text = read(file)
    } catch (error) {
      complain(file, error)
      return false
    }
    // Somebody may have written it while it was read: then the next looks find it changed.
    if ((await look(file)) !== seen || stopped) return true
    let found: ReturnType<typeof withUsers>
    try {
      found = withUsers(config(), file, text)
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
    changed: async (path, seen) => {
      let isDone = true
      await inTurn(async () => {
        if (!stopped) isDone = await update(path, seen)
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
      files.follow(paths)
    },
    stop: () => {
      stopped = true
      files.stop()
    },
  }
}
