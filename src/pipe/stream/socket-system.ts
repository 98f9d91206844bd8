import type { StreamSocket } from '../../core/stream-socket.ts'
import { connectionFailure, socketDescriptor, unacknowledged } from '../../libc/connected-socket.ts'
import { ERRNO, F, MSG } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'

/** Reads, in chunks, what the system still holds of a socket whose stream does not read any more. */
export type SocketRest = {
  /** The next bytes, at most 64 KiB; empty if there are none. */
  readonly read: () => Uint8Array
  /**
   * Call this after the last bytes: why the connection failed; null if its peer ended it or may send more.
   */
  readonly failure: () => Error | null
  readonly close: () => void
}

/** Queries of a pipe about a socket, beyond what the stream reports. */
export type SocketSystem = {
  /** Bytes that the peer's system has not acknowledged, which a reset would discard; null if unknown. */
  readonly unacknowledged: (socket: StreamSocket) => number | null
  /**
   * Access to bytes that the stream of an open socket will not read; it outlives the socket. Null if
   * neither bytes nor an error are left, or if that is unknown.
   */
  readonly restOf: (socket: StreamSocket) => SocketRest | null
  /**
   * Why an open connection has failed, even if its stream is paused; null if it has not, or if that is
   * unknown. A failure is reported once.
   */
  readonly failureOf: (socket: StreamSocket) => Error | null
}

/** A UNIX socket has no port. Its peer can still read the data after the socket is closed (unix(7)). */
export const isUnixSocket = ({ localPort }: StreamSocket): boolean => localPort === undefined

/** For systems on which only Node can be asked. */
export const portableSystem: SocketSystem = {
  unacknowledged: socket => (isUnixSocket(socket) ? 0 : null),
  restOf: () => null,
  failureOf: () => null,
}

const READ_BYTES = 65_536
const byte = new Uint8Array(1)

/** Queries the system about sockets with a known descriptor; for others it works like `portableSystem`. */
export const createLibcSystem = (libc: Libc): SocketSystem => {
  /** @param own a descriptor, which `close` closes */
  const createRest = (own: number, found: number): SocketRest => {
    // The recv(2) with MSG_PEEK has cleared the pending error.
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

const NOTHING = new Uint8Array(0)

/**
 * Checks by an empty write whether the peer has reset the connection: no packet is sent, but a reset socket
 * returns its error. Reads do not show this: a paused socket reports no reset, and Node reports a reset
 * right after the last bytes as `end`.
 *
 * @param answered called with the error, which the socket emits too, or with nothing
 * @returns false if the socket cannot be probed: its writable side has ended, or queued bytes will report
 *   the error themselves. `answered` is then not called.
 */
export const probeSocket = (
  socket: StreamSocket,
  answered?: (error?: Error | null) => void,
): boolean => {
  if (!socket.writable || socket.writableLength > 0) return false
  socket.write(NOTHING, answered)
  return true
}

/**
 * Closes a connection by RST, so that its peer does not take a truncated stream for a complete one. A UNIX
 * socket has no RST and is just closed. Afterwards the socket is destroyed; on a destroyed socket this does
 * nothing.
 */
export const resetSocket = (socket: StreamSocket): void => {
  if (socket.destroyed) return
  // Node's handle refuses a reset while its FIN is pending, and would then stay open for ever.
  if (socket.writableEnded && !socket.writableFinished) {
    socket.destroy()
    return
  }
  try {
    socket.resetAndDestroy()
  } catch {
    socket.destroy()
  }
}

/**
 * Closes a connection without a failure: by FIN, or by RST if bytes are still queued in the socket. Those
 * will never be sent, and FIN would claim that the stream is complete.
 */
export const closeSocket = (socket: StreamSocket): void => {
  if (socket.writableLength > 0) resetSocket(socket)
  else socket.destroy()
}
