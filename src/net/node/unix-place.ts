import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { chmodSync, chownSync, lstatSync, statSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail } from '../../core/fail.ts'
import { groupId } from './group-id.ts'
import { placeSocket } from './place-socket.ts'

/** The longest path of a directory in which `temporaryName` fits sockaddr_un on Linux. A longer one is cut off silently. */
const DIRECTORY_MAX_BYTES = 101

/** A free name in the same directory, so that one can be made the other. */
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

/** The name of a UNIX socket, from before it is bound until nobody listens on it. */
export type UnixPlace = {
  /** The name to bind it under, with no rights but the owner's. Whoever bound it removes it. */
  readonly temporary: string
  /**
   * Gives the socket, which is bound and listened on by now, its mode and group, and only then its
   * place: nobody can connect to it with more rights than it is to have. A socket file that nobody
   * answers on is replaced.
   *
   * @returns rejects with the system's error; the temporary name is left then
   */
  readonly take: () => Promise<void>
  /** Removes the name, unless somebody else has put a file there. Before `take`, or again, it does nothing. */
  readonly leave: () => void
}

/**
 * Looks whether a UNIX socket may be made at a path.
 *
 * @throws the system's error where its directory is not there, ERR_CONFIG for a group that is not
 */
export const createUnixPlace = (
  path: string,
  { mode, group }: { readonly mode: number; readonly group: string | number | undefined },
): UnixPlace => {
  // Asked here, since Node tells a directory that is not there as one that may not be written (EACCES).
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
