import type { Socket } from 'node:net'
import type { Network } from '../types.ts'

/**
 * Watches a connected, paused socket for its target's first byte (see `Network.watch`). Node must read data
 * into the socket's own buffer to notice it, at most `highWaterMark` and one chunk; the data and the end
 * after it stay there for the next reader of the socket.
 */
export const watchFirstByte: Network<Socket>['watch'] = (socket, settle) => {
  let open = true
  const stop = (): void => {
    if (!open) return
    open = false
    socket.off('readable', onReadable).off('end', onClosed).off('close', onClosed)
    // A `readable` listener makes the socket read; after its removal `pause` stops that again.
    socket.pause()
  }
  const finish = (what: 'answered' | 'closed'): void => {
    stop()
    settle(what)
  }
  // Node emits `readable` at end of stream too, with nothing to read.
  const onReadable = (): void => {
    if (socket.readableLength > 0) finish('answered')
  }
  const onClosed = (): void => finish('closed')

  socket.on('readable', onReadable).on('end', onClosed).on('close', onClosed)
  // Node does not emit earlier events again.
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
