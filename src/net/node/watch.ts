import type { Socket } from 'node:net'
import type { Network } from '../types.ts'

/**
 * Watches a connected, paused socket for its target's first byte, as `Network.watch` says. To see a
 * byte at all, Node must read what has come into the socket's own buffer, at most its `highWaterMark`
 * and one chunk; it stays there for whoever reads the socket next, the end behind it too.
 */
export const watchFirstByte: Network<Socket>['watch'] = (socket, settle) => {
  let open = true
  const stop = (): void => {
    if (!open) return
    open = false
    socket.off('readable', onReadable).off('end', onClosed).off('close', onClosed)
    // A listener for `readable` has a socket read by itself; without it, a paused one waits again.
    socket.pause()
  }
  const finish = (what: 'answered' | 'closed'): void => {
    stop()
    settle(what)
  }
  // It is emitted at the end as well, and then there is nothing to read.
  const onReadable = (): void => {
    if (socket.readableLength > 0) finish('answered')
  }
  const onClosed = (): void => finish('closed')

  socket.on('readable', onReadable).on('end', onClosed).on('close', onClosed)
  // What has happened to a socket before is not reported again.
  if (socket.destroyed || socket.readableEnded) {
    process.nextTick(() => {
      if (open) onClosed()
    })
  }
  return {
    send: bytes => {
      if (open && socket.writable) socket.write(bytes)
    },
    stop,
  }
}
