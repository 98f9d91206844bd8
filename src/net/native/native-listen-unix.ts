import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { SocketAddress } from '../../core/listen-address.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import { socketDescriptor } from '../../libc/connected-socket.ts'
import { AF, F, SOCK } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import { encodeUnixAddress } from '../../libc/socket-address.ts'
import type { Bound } from '../listen.ts'
import { LISTEN_BACKLOG } from '../listen.ts'
import { bindPrivately, createUnixPlace } from '../unix-place.ts'
import type { StopAccepting } from './accept.ts'

/**
 * Opens a non-blocking UNIX socket that listens under a path, for nobody but its owner.
 *
 * @returns the descriptor, which the caller closes; throws an error as Node makes it, such as EMFILE
 */
const bindUnix = (libc: Libc, path: string): number => {
  const fd = libc.socket(AF.UNIX, SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0)
  if (fd < 0) throw errnoError(fd, 'socket')
  const address = encodeUnixAddress(path)
  const bound = bindPrivately(() => libc.bind(fd, address, address.length))
  const listening = bound < 0 ? bound : libc.listen(fd, LISTEN_BACKLOG)
  if (listening >= 0) return fd
  libc.close(fd)
  // A bind(2) that failed has made no file; one that is there is another process's.
  if (bound >= 0) rmSync(path, { force: true })
  throw errnoError(listening, bound < 0 ? 'bind' : 'listen')
}

/**
 * Listens on a UNIX socket. The socket is created under a temporary name, gets its mode and group there,
 * and is then moved to its path (`createUnixPlace`).
 *
 * @param accept begins to accept the connections of a listening socket, and returns how to stop
 * @returns rejects with the system's error; nothing listens then and no file is left
 */
export const listenUnixNative = async (
  libc: Libc,
  address: SocketAddress & { readonly type: 'unix' },
  { mode, group }: { readonly mode: number; readonly group: string | number | undefined },
  accept: (fd: number) => StopAccepting,
): Promise<Bound> => {
  const place = createUnixPlace(address.path, { mode, group })
  const fd = bindUnix(libc, place.temporary)
  let stop: StopAccepting = () => {}
  const close = (takesQueued: boolean): void => {
    try {
      stop(takesQueued)
    } finally {
      libc.close(fd)
    }
  }
  try {
    stop = accept(fd)
    await place.take()
  } catch (error) {
    close(false)
    rmSync(place.temporary, { force: true })
    throw error
  }
  return {
    address,
    close: async () => {
      // Remove the name first: new clients then find no listener, and another process may listen there at
      // once.
      place.leave()
      close(true)
    },
  }
}

/**
 * Takes the connection of one of Node's sockets over, from which nothing was read: by a duplicate of its
 * descriptor, because Node closes its own.
 *
 * @param adopt makes a socket of the duplicate, which it owns
 * @returns Node's socket itself if there is no descriptor for a duplicate
 */
export const takeOver = (
  libc: Libc,
  socket: Socket,
  adopt: (fd: number) => StreamSocket,
): StreamSocket => {
  const fd = libc.fcntl(socketDescriptor(socket), F.DUPFD_CLOEXEC, 0)
  if (fd < 0) return socket
  socket.destroy()
  return adopt(fd)
}
