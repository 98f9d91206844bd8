import type { StreamSocket } from '../../core/stream-socket.ts'

const NOTHING = Buffer.alloc(0)

/**
 * Asks the system whether a peer has reset its connection, by sending nothing on it: no packet leaves,
 * but a socket that was reset answers by its error. This sees what reading does not: a paused socket
 * reports no reset, and one whose reset came right behind its last bytes reports an end.
 *
 * @param answered called with the error, which the socket emits too, or with nothing
 * @returns false where the socket cannot be asked: our side of it has ended, or bytes still wait in it
 * and will themselves bring the error out. `answered` is then not called.
 */
export const probeSocket = (
  socket: StreamSocket,
  answered?: (error?: Error | null) => void,
): boolean => {
  if (!socket.writable || socket.writableLength > 0) return false
  socket.write(NOTHING, answered)
  return true
}
