import type { Clock } from '../core/clock.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { lingeringClose } from './lingering-close.ts'
import type { Transport } from './peer.ts'
import type { Farewell } from './session-types.ts'

/**
 * Parts with a client that gets no connection, or no more of it. The socket is destroyed: at once,
 * or, where there is an answer to deliver, when that has had its time. Nobody may read from it any
 * more. One that is destroyed already is left alone.
 */
export const sayFarewell = (
  socket: StreamSocket,
  transport: Transport,
  farewell: Farewell,
  clock: Clock,
): void => {
  if (socket.destroyed) return
  if (farewell === 'close') socket.destroy()
  // A UNIX socket knows no RST, and the runtime throws where it is asked for one.
  else if (farewell === 'reset' && transport === 'tcp') socket.resetAndDestroy()
  else if (farewell === 'reset' || farewell.answer.length === 0) socket.destroy()
  else lingeringClose(socket, farewell.answer, clock)
}
