import type { Server } from 'node:net'
import type { ListenAddress } from '../../core/listen-address.ts'
import type { Bound } from '../bound.ts'
import { LISTEN_BACKLOG, startServer } from './start-server.ts'
import { createUnixPlace } from './unix-place.ts'

/** Nobody but the owner may connect while a socket is being made. */
export const PRIVATE_UMASK = 0o177

const startPrivately = (server: Server, path: string): Promise<void> => {
  // The umask is the process's: a file that another thread makes just now gets fewer rights, never more.
  const umask = process.umask(PRIVATE_UMASK)
  try {
    return startServer(server, { path, backlog: LISTEN_BACKLOG })
  } finally {
    process.umask(umask)
  }
}

/**
 * Listens on a UNIX socket. It is made under a name of its own and gets its mode and group there, and
 * only then its place (`createUnixPlace`).
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
  const place = createUnixPlace(address.path, { mode, group })
  await startPrivately(server, place.temporary)
  try {
    await place.take()
  } catch (error) {
    // Removes the temporary name as well.
    server.close()
    throw error
  }
  return {
    address,
    close: async () => {
      // First the name, so that whoever comes now finds nobody, and may listen there at once.
      place.leave()
      server.close()
    },
  }
}

/**
 * Listens on a UNIX socket that another process of the daemon binds, under the name `boundAs`, and
 * shares (node:cluster). Its name in the file system is that process's to give and to take.
 */
export const listenUnixShared = async (
  server: Server,
  address: ListenAddress & { readonly type: 'unix' },
  boundAs: string,
): Promise<Bound> => {
  await startServer(server, { path: boundAs, backlog: LISTEN_BACKLOG })
  return {
    address,
    close: async () => {
      server.close()
    },
  }
}
