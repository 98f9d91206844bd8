import type { KeepAlive } from '../core/stream-socket.ts'
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
