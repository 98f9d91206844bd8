import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { chmodSync, chownSync, lstatSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail } from '../core/fail.ts'
import { placeSocket } from './place-socket.ts'

/**
 * The numeric id of a group given by name or number. Names come from /etc/group; a group of a directory
 * service must be given by number.
 *
 * @throws ERR_CONFIG if /etc/group has no such name
 */
export const groupId = (
  group: string | number,
  read: () => string = () => readFileSync('/etc/group', 'utf8'),
): number => {
  if (typeof group === 'number' || /^\d+$/.test(group)) return Number(group)
  for (const line of read().split('\n')) {
    // name:password:number:members
    const [name, , id = ''] = line.split(':')
    if (name === group && /^\d+$/.test(id)) return Number(id)
  }
  throw fail(
    'ERR_CONFIG',
    `the group "${group}" is not in /etc/group: a name from there or a number is allowed`,
    { found: group },
  )
}

/**
 * The longest directory path with which `temporaryName` fits sockaddr_un on Linux, in bytes. Node silently
 * truncates a longer one.
 */
const DIRECTORY_MAX_BYTES = 101

/** A temporary name in the same directory, so that the file can be linked to its path. */
const temporaryName = (path: string): string => {
  const directory = dirname(path)
  const length = Buffer.byteLength(directory)
  if (length > DIRECTORY_MAX_BYTES) {
    throw fail(
      'ERR_INVALID_ADDRESS',
      `its directory has a path of ${length} bytes: at most ${DIRECTORY_MAX_BYTES} are allowed for a UNIX socket`,
      { found: path },
    )
  }
  return join(directory, `.${randomBytes(3).toString('base64url')}`)
}

const removeIfStill = (path: string, ours: BigIntStats): void => {
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (now?.ino === ours.ino && now.dev === ours.dev) unlinkSync(path)
}

/** The umask for bind(2): only the owner may connect until `take` has set the mode. */
export const PRIVATE_UMASK = 0o177

/**
 * Calls `bind` with that umask. The umask is process-wide: a file that another thread creates meanwhile
 * gets fewer rights, never more.
 */
export const bindPrivately = <T>(bind: () => T): T => {
  const umask = process.umask(PRIVATE_UMASK)
  try {
    return bind()
  } finally {
    process.umask(umask)
  }
}

/** The mode of a UNIX socket, unless another is given. */
export const UNIX_MODE = 0o600

/** The path of a UNIX socket, from before bind(2) until nobody listens on it. */
export type UnixPlace = {
  /** The name to bind the socket under, with no rights but the owner's. Whoever binds it removes it. */
  readonly temporary: string
  /**
   * Gives the listening socket its mode and group, and then its path: nobody can connect to it before its
   * rights are final. A stale socket file at the path is replaced.
   *
   * @returns rejects with the system's error; the temporary name is left then
   */
  readonly take: () => Promise<void>
  /**
   * Removes the path, unless another process has put a file there. Before `take`, or a second time, it does
   * nothing.
   */
  readonly leave: () => void
}

/**
 * Checks whether a UNIX socket can be created at a path.
 *
 * @throws the system's error if its directory does not exist, ERR_CONFIG for an unknown group
 */
export const createUnixPlace = (
  path: string,
  { mode, group }: { readonly mode: number; readonly group: string | number | undefined },
): UnixPlace => {
  // Checked here, because Node reports a missing directory as one without write permission (EACCES).
  statSync(dirname(path))
  const gid = group === undefined ? undefined : groupId(group)
  const temporary = temporaryName(path)
  let ours: BigIntStats | undefined
  return {
    temporary,
    take: async () => {
      if (gid !== undefined) chownSync(temporary, -1, gid)
      chmodSync(temporary, mode)
      const made = lstatSync(temporary, { bigint: true })
      await placeSocket(temporary, path)
      ours = made
    },
    leave: () => {
      if (ours) removeIfStill(path, ours)
      ours = undefined
    },
  }
}
