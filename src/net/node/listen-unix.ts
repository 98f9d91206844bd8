import type { Server } from 'node:net'
import type { ListenAddress } from '../../core/listen-address.ts'
import type { Bound } from '../bound.ts'
import { startServer } from './start-server.ts'
import { PRIVATE_UMASK, createUnixPlace } from '../unix-place.ts'

const startPrivately = (server: Server, path: string): Promise<void> => {
  // The umask is process-wide: a file that another thread creates meanwhile gets fewer rights, never more.
  const umask = process.umask(PRIVATE_UMASK)
  try {
    return startServer(server, { path })
  } finally {
    process.umask(umask)
  }
}

/**
 * Listens on a UNIX socket. The socket is created under a temporary name, gets its mode and group there,
 * and is then moved to its path (`createUnixPlace`).
 *
 * When a server closes, Node removes the name that it bound, which is the temporary one and does not exist
 * any more. So closing does not remove a file that another process has put at the path.
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
    // `close` removes the temporary name as well.
    server.close()
    throw error
  }
  return {
    address,
    close: async () => {
      // Remove the name first: new clients then find no listener, and another process may listen there at
      // once.
      place.leave()
      server.close()
    },
  }
}

/**
 * Listens on a UNIX socket that another process of the daemon binds under the name `boundAs` and shares
 * (node:cluster). That process creates and removes the name in the file system.
 */
export const listenUnixShared = async (
  server: Server,
  address: ListenAddress & { readonly type: 'unix' },
  boundAs: string,
): Promise<Bound> => {
  await startServer(server, { path: boundAs })
  return {
    address,
    close: async () => {
      server.close()
    },
  }
}
