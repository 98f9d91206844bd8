import type { StreamSocket } from '../../core/stream-socket.ts'

const NOTHING = Buffer.alloc(0)

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
