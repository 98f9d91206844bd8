import { IPPROTO_TCP, SO, SOL_SOCKET, TCP_CLOSE, TCP_INFO } from './constants.ts'
import type { Libc } from './types.ts'

const value = new Int32Array(1)

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
