import type { Clock } from '../core/clock.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { lingeringClose } from './lingering-close.ts'
import type { Transport } from './peer.ts'
import type { Farewell } from './session-types.ts'

/**
 * Closes the socket of a client that gets no connection: at once, or after an answer was delivered. The
 * caller must have stopped reading from the socket. A socket that is already destroyed is not touched.
 */
export const sayFarewell = (
  socket: StreamSocket,
  transport: Transport,
  farewell: Farewell,
  clock: Clock,
): void => {
  if (socket.destroyed) return
  if (farewell === 'close') socket.destroy()
  // A UNIX socket has no RST, and `resetAndDestroy` throws for one.
  else if (farewell === 'reset' && transport === 'tcp') socket.resetAndDestroy()
  else if (farewell === 'reset' || farewell.answer.length === 0) socket.destroy()
  else lingeringClose(socket, farewell.answer, clock)
}
