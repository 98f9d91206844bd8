import { SO, SOL_SOCKET } from './constants.ts'
import type { Libc } from './types.ts'

/** `struct linger`: on, with a timeout of 0 (socket(7)). */
const NO_LINGER = Int32Array.of(1, 0)

/** Makes close(2) end a TCP connection by RST instead of FIN. A UNIX socket ignores it. */
export const resetOnClose = (libc: Libc, fd: number): void => {
  libc.setsockopt(fd, SOL_SOCKET, SO.LINGER, NO_LINGER)
}
