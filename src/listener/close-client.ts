import type { Clock } from '../core/clock.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { Transport } from './accepted.ts'

/**
 * How to close the connection of a refused client: after an answer; by RST, so that it sees an error; or
 * directly.
 */
export type Closing = { readonly answer: Uint8Array } | 'reset' | 'close'

/** Time for a client to read the last answer and to close. RFC 1928 section 6 allows 10 s after a failure. */
export const LINGER_MS = 2000

/**
 * Writes a last answer and closes the socket so that the answer arrives. Whatever the client still sends is
 * read and discarded: a socket that is closed with unread bytes sends RST, which can destroy the answer.
 * This function owns the socket, which must have no other reader, and destroys it when the client has
 * closed too, after 2 s at the latest.
 */
export const lingeringClose = (socket: StreamSocket, answer: Uint8Array, clock: Clock): void => {
  const cancel = clock.after(LINGER_MS, () => socket.destroy())
  socket.once('close', cancel)
  socket.end(answer)
  socket.resume()
}

/**
 * Closes the socket of a client that gets no connection: at once, or after an answer was delivered. The
 * caller must have stopped reading from the socket. A socket that is already destroyed is not touched.
 */
export const closeClient = (
  socket: StreamSocket,
  transport: Transport,
  closing: Closing,
  clock: Clock,
): void => {
  if (socket.destroyed) return
  if (closing === 'close') socket.destroy()
  // A UNIX socket has no RST, and `resetAndDestroy` throws for one.
  else if (closing === 'reset' && transport === 'tcp') socket.resetAndDestroy()
  else if (closing === 'reset' || closing.answer.length === 0) socket.destroy()
  else lingeringClose(socket, closing.answer, clock)
}
