import type { Clock } from '../core/clock.ts'
import type { StreamSocket } from '../core/stream-socket.ts'

/** How long a client has to read the last answer and to close. RFC 1928 section 6 allows 10 s after a failure. */
export const LINGER_MS = 2000

/**
 * Says a last word and closes so that it arrives. What the client still sends is read and thrown
 * away: a socket that is closed with unread bytes answers by RST, and that can overtake the answer
 * and destroy it. The socket, paused or not and with no reader left, is this function's from now on;
 * it is destroyed when the client has closed too, at the latest after 2 s.
 */
export const lingeringClose = (socket: StreamSocket, answer: Uint8Array, clock: Clock): void => {
  const cancel = clock.after(LINGER_MS, () => socket.destroy())
  socket.once('close', cancel)
  socket.end(answer)
  socket.resume()
}
