import type { Libc } from './types.ts'

/** An event descriptor is written to in eight bytes (eventfd(2)). */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)

/** Wakes whoever waits for an event descriptor. Where nobody does, it is seen when somebody looks. */
export const ringBell = (libc: Libc, fd: number): void => {
  libc.write(fd, ONE, ONE.length)
}
