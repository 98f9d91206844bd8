import { randomBytes } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { chmodSync, chownSync, lstatSync, statSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { dirname, join } from 'node:path'
import { fail } from '../core/fail.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { groupId } from './group-id.ts'
import type { Bound } from './bound.ts'
import { placeSocket } from './place-socket.ts'
import { LISTEN_BACKLOG, startServer } from './start-server.ts'

/** Nobody but the owner may connect while a socket is being made. */
const PRIVATE_UMASK = 0o177

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

const startPrivately = (server: Server, path: string): Promise<void> => {
  // The umask is the process's: a file that another thread makes just now gets fewer rights, never more.
  const umask = process.umask(PRIVATE_UMASK)
  try {
    return startServer(server, { path, backlog: LISTEN_BACKLOG })
  } finally {
    process.umask(umask)
  }
}

const removeIfStill = (path: string, ours: BigIntStats): void => {
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (now?.ino === ours.ino && now.dev === ours.dev) unlinkSync(path)
}

/**
 * Listens on a UNIX socket. It is made under a name of its own and gets its mode and group there, and
 * only then its place: nobody can connect to it with more rights than it is to have. A socket file
 * that nobody answers on is replaced.
 *
 * Node removes the name that it bound, whatever is there by then; that is the temporary one, long
 * gone. So closing can leave alone a file that someone else has put in this one's place.
 *
 * @returns rejects with the system's error; nothing listens then and no file is left
 */
export const listenUnix = async (
  server: Server,
  address: ListenAddress & { readonly type: 'unix' },
  { mode, group }: { readonly mode: number; readonly group: string | number | undefined },
): Promise<Bound> => {
  const { path } = address
  // Asked here, since Node tells a directory that is not there as one that may not be written (EACCES).
  statSync(dirname(path))
  const gid = group === undefined ? undefined : groupId(group)
  const temporary = temporaryName(path)
  await startPrivately(server, temporary)
  try {
    if (gid !== undefined) chownSync(temporary, -1, gid)
    chmodSync(temporary, mode)
    const ours = lstatSync(temporary, { bigint: true })
    await placeSocket(temporary, path)
    return {
      address,
      close: async () => {
        // First the name, so that whoever comes now finds nobody, and may listen there at once.
        removeIfStill(path, ours)
        server.close()
      },
    }
  } catch (error) {
    // Removes the temporary name as well.
    server.close()
    throw error
  }
}
