import type { StreamSocket } from '../../core/stream-socket.ts'

/**
 * Closes a connection by RST, so that its peer does not take a truncated stream for a complete one. A UNIX
 * socket has no RST and is just closed. Afterwards the socket is destroyed; on a destroyed socket this does
 * nothing.
 */
export const resetSocket = (socket: StreamSocket): void => {
  if (socket.destroyed) return
  // Node's handle refuses a reset while its FIN is pending, and would then stay open for ever.
  if (socket.writableEnded && !socket.writableFinished) {
    socket.destroy()
    return
  }
  try {
    socket.resetAndDestroy()
  } catch {
    socket.destroy()
  }
}

/**
 * Closes a connection without a failure: by FIN, or by RST if bytes are still queued in the socket. Those
 * will never be sent, and FIN would claim that the stream is complete.
 */
export const closeSocket = (socket: StreamSocket): void => {
  if (socket.writableLength > 0) resetSocket(socket)
  else socket.destroy()
}
