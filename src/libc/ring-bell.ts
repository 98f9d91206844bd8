import type { Libc } from './types.ts'

/** A write to an eventfd has eight bytes (eventfd(2)). */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)

/** Wakes the thread that waits on an eventfd. If none waits, the next epoll_wait reports it. */
export const ringBell = (libc: Libc, fd: number): void => {
  libc.write(fd, ONE, ONE.length)
}
