import type { StreamSocket } from '../../core/stream-socket.ts'
import { connectionFailure } from '../../libc/connection-failure.ts'
import { ERRNO, F, MSG } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import { socketDescriptor } from '../../libc/socket-descriptor.ts'
import type { Libc } from '../../libc/types.ts'
import { unacknowledged } from '../../libc/unacknowledged.ts'

/** What the system still has to read of a socket whose stream reads no more, piece by piece. */
export type SocketRest = {
  /** The next bytes, at most 64 KiB; none where nothing more is there. */
  readonly read: () => Uint8Array
  /** After the last bytes were read: why the connection failed; null where its peer has ended it, or may send more. */
  readonly failure: () => Error | null
  readonly close: () => void
}

/** What a pipe asks the system about a socket, beyond what the stream says. */
export type SocketSystem = {
  /** Bytes that the peer's system has not acknowledged, which a reset would discard; null where that cannot be known. */
  readonly unacknowledged: (socket: StreamSocket) => number | null
  /** To read what the stream of an open socket will not; it stays readable when the socket is closed. Null where nothing is left, not even an error, and where that cannot be known. */
  readonly restOf: (socket: StreamSocket) => SocketRest | null
  /** Why an open connection has failed, though its stream is not read; null where it has not, and where that cannot be known. A failure is reported once. */
  readonly failureOf: (socket: StreamSocket) => Error | null
}

/** A UNIX socket has no port. Its peer keeps what it was sent when the socket is closed (unix(7)). */
export const isUnixSocket = ({ localPort }: StreamSocket): boolean => localPort === undefined

/** For where only the runtime can be asked. */
export const portableSystem: SocketSystem = {
  unacknowledged: socket => (isUnixSocket(socket) ? 0 : null),
  restOf: () => null,
  failureOf: () => null,
}

const READ_BYTES = 65_536
const NOTHING = new Uint8Array(0)
const byte = new Uint8Array(1)

/** Asks the system itself about sockets whose descriptors are known; about others as `portableSystem`. */
export const createLibcSystem = (libc: Libc): SocketSystem => {
  /** @param own a descriptor, closed at the end */
  const createRest = (own: number, found: number): SocketRest => {
    // A look has taken the error away.
    let failure = found < 0 ? errnoError(found, 'read') : null
    return {
      read: () => {
        for (;;) {
          const chunk = Buffer.allocUnsafe(READ_BYTES)
          const count = libc.recv(own, chunk, chunk.length, MSG.DONTWAIT)
          if (count > 0) return chunk.subarray(0, count)
          if (count === -ERRNO.EINTR) continue
          if (count < 0 && count !== -ERRNO.EAGAIN) failure ??= errnoError(count, 'read')
          return NOTHING
        }
      },
      failure: () => failure,
      close: () => void libc.close(own),
    }
  }

  return {
    unacknowledged: socket => {
      const fd = socketDescriptor(socket)
      return fd < 0 ? portableSystem.unacknowledged(socket) : unacknowledged(libc, fd)
    },
    restOf: socket => {
      const fd = socketDescriptor(socket)
      if (fd < 0) return null
      const found = libc.recv(fd, byte, 1, MSG.PEEK | MSG.DONTWAIT)
      if (found === 0 || found === -ERRNO.EAGAIN) return null
      const own = libc.fcntl(fd, F.DUPFD_CLOEXEC, 0)
      return own < 0 ? null : createRest(own, found)
    },
    failureOf: socket => {
      const fd = socketDescriptor(socket)
      const code = fd < 0 ? 0 : connectionFailure(libc, fd)
      return code === 0 ? null : errnoError(-code, 'read')
    },
  }
}
