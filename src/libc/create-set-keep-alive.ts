import type { KeepAlive } from '../core/keep-alive.ts'
import {
  IPPROTO_TCP,
  SO,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from './constants.ts'
import type { Libc } from './types.ts'

const ON = Int32Array.of(1)
const OFF = Int32Array.of(0)
const SECOND_MS = 1000

/**
 * Makes what sets keepalive on a TCP socket, by its descriptor; on others it does nothing.
 *
 * @param keepAlive null: turns it off
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
    // Last: only then the silence so far counts.
    libc.setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle)
  }
}
