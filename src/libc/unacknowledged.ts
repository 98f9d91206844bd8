import { AF, SIOCOUTQ, SO, SOL_SOCKET } from './constants.ts'
import type { Libc } from './types.ts'

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
