import type { KeepAlive } from '../core/stream-socket.ts'
import {
  AF,
  IPPROTO_TCP,
  SIOCOUTQ,
  SO,
  SOL_SOCKET,
  TCP_CLOSE,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from './constants.ts'
import type { Libc } from './libc.ts'

const ON = Int32Array.of(1)
const OFF = Int32Array.of(0)
const SECOND_MS = 1000

/**
 * Creates a function that sets keepalive on a TCP socket by its descriptor; it ignores other sockets.
 *
 * @param keepAlive null: turn keepalive off
 */
export const createSetKeepAlive = (
  libc: Libc,
  keepAlive: KeepAlive | null,
): ((fd: number) => void) => {
  if (!keepAlive) return fd => void libc.setsockopt(fd, SOL_SOCKET, SO.KEEPALIVE, OFF)
  const idle = Int32Array.of(keepAlive.idleMs / SECOND_MS)
  const interval = Int32Array.of(keepAlive.intervalMs / SECOND_MS)
  const count = Int32Array.of(keepAlive.count)
  return fd => {
    libc.setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval)
    libc.setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, count)
    libc.setsockopt(fd, SOL_SOCKET, SO.KEEPALIVE, ON)
    // Set TCP_KEEPIDLE last: it then counts the time that the connection has already been idle.
    libc.setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle)
  }
}

/**
 * The descriptor of a native socket or of one of Node's; -1 once it is closed, and if the runtime does not
 * expose it (on some systems). Node has no public property for it, so this reads the handle.
 */
export const socketDescriptor = (socket: object): number => {
  const { descriptor, _handle: handle } = socket as {
    readonly descriptor?: number
    readonly _handle?: { readonly fd?: unknown } | null
  }
  if (descriptor !== undefined) return descriptor
  return typeof handle?.fd === 'number' ? handle.fd : -1
}

/** `struct linger`: on, with a timeout of 0 (socket(7)). */
const NO_LINGER = Int32Array.of(1, 0)

/** Makes close(2) end a TCP connection by RST instead of FIN. A UNIX socket ignores it. */
export const resetOnClose = (libc: Libc, fd: number): void => {
  libc.setsockopt(fd, SOL_SOCKET, SO.LINGER, NO_LINGER)
}

const value = new Int32Array(1)

/**
 * Bytes of a TCP socket that its peer's system has not acknowledged, unsent ones included (tcp(7),
 * SIOCOUTQ); a FIN counts as one. A reset would discard them.
 *
 * @returns 0 for a UNIX socket, whose peer can still read the data after a close (unix(7)), and for a
 *   descriptor that cannot be queried
 */
export const unacknowledged = (libc: Libc, fd: number): number => {
  if (libc.ioctl(fd, SIOCOUTQ, value) < 0) return 0
  const [bytes = 0] = value
  if (bytes === 0) return 0
  libc.getsockopt(fd, SOL_SOCKET, SO.DOMAIN, value)
  return value[0] === AF.UNIX ? 0 : bytes
}

/**
 * Why a TCP connection has failed: reads and clears the error that the next call on the socket would
 * return. It also finds a failure that follows unread bytes.
 *
 * @returns an errno; 0 if the connection is open or ended in order, for a UNIX socket, and for a descriptor
 *   that cannot be queried
 */
export const connectionFailure = (libc: Libc, fd: number): number => {
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, value) < 0) return 0
  const [info = 0] = value
  // SO_ERROR also reports soft errors (ICMP) of a connection that is still open.
  if ((info & 0xff) !== TCP_CLOSE) return 0
  if (libc.getsockopt(fd, SOL_SOCKET, SO.ERROR, value) < 0) return 0
  return value[0] ?? 0
}
