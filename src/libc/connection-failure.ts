import { IPPROTO_TCP, SO, SOL_SOCKET, TCP_CLOSE, TCP_INFO } from './constants.ts'
import type { Libc } from './types.ts'

const value = new Int32Array(1)

/**
 * Why a TCP connection is over: the error that the next call on its socket would bring, which it then does
 * not bring any more. This also sees what is behind bytes that nobody has read.
 *
 * @returns an errno; 0 where the connection lives or has ended in order, for a UNIX socket, and for a
 *   descriptor that cannot be asked
 */
export const connectionFailure = (libc: Libc, fd: number): number => {
  if (libc.getsockopt(fd, IPPROTO_TCP, TCP_INFO, value) < 0) return 0
  const [info = 0] = value
  // SO_ERROR also brings what has gone wrong on the way of a connection that still lives (ICMP).
  if ((info & 0xff) !== TCP_CLOSE) return 0
  if (libc.getsockopt(fd, SOL_SOCKET, SO.ERROR, value) < 0) return 0
  return value[0] ?? 0
}
