import type { Server } from 'node:net'
import { fail } from '../../core/fail.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import { F } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { LoadedLibc } from '../../libc/libc.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import type { Bound } from '../listen.ts'
import { startOwnServer } from './start-server.ts'

/**
 * Listens with one of Node's servers on a socket that another process has passed to this one. Node closes the
 * descriptor of a server, so it gets a duplicate: the passed one stays open, and connections wait there.
 *
 * @param loaded the C library, which makes the duplicate; this system's by default
 * @returns rejects with ERR_ENGINE without the C library, or with the system's error
 */
export const listenPassed = async (
  server: Server,
  address: SocketAddress,
  loaded: LoadedLibc = loadLibc(),
): Promise<Bound> => {
  if (!loaded.ok) {
    throw fail('ERR_ENGINE', `a passed socket needs the C library: ${loaded.reason}`)
  }
  const fd = loaded.libc.fcntl(address.passed ?? -1, F.DUPFD_CLOEXEC, 0)
  if (fd < 0) throw errnoError(fd, 'fcntl')
  await startOwnServer(server, fd)
  return { address, close: async () => void server.close() }
}
