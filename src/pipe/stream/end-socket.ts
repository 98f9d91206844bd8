import type { StreamSocket } from '../../core/stream-socket.ts'

/**
 * Ends a connection by RST, so that its peer cannot take what it has got for the whole. A UNIX socket
 * knows no RST and is closed. After it the socket is destroyed; on one that was, it does nothing.
 */
export const resetSocket = (socket: StreamSocket): void => {
  if (socket.destroyed) return
  // A handle whose FIN is on its way refuses to be reset, and would then stay open for ever.
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
 * Ends a connection that nothing went wrong with: by FIN, unless bytes still wait in the socket. They
 * will never be sent, and FIN would say that all has come, so then it is RST.
 */
export const closeSocket = (socket: StreamSocket): void => {
  if (socket.writableLength > 0) resetSocket(socket)
  else socket.destroy()
}
