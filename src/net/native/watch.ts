import { ERRNO } from '../../libc/constants.ts'
import type { Watch } from '../types.ts'
import type { NativeSocket } from './socket.ts'

/**
 * Watches a connected, paused socket for its target's first byte (see `Network.watch`). It peeks at the
 * byte and reads nothing.
 */
export const watchNativeFirstByte = (
  socket: NativeSocket,
  settle: (what: 'answered' | 'closed') => void,
): Watch => {
  let open = true
  const stop = (): void => {
    open = false
    socket.off('readable', look).off('close', onClosed)
  }
  const finish = (what: 'answered' | 'closed'): void => {
    stop()
    settle(what)
  }
  const look = (): void => {
    if (!open) return
    const found = socket.peek()
    if (found !== -ERRNO.EAGAIN) finish(found > 0 ? 'answered' : 'closed')
  }
  const onClosed = (): void => finish('closed')

  socket.on('readable', look).on('close', onClosed)
  // `readable` is not emitted again for bytes that arrived before.
  process.nextTick(look)
  return {
    send: bytes => {
      if (!open || !socket.writable) return
      socket.write(bytes, error => {
        // The target may have replied and reset before.
        if (error) look()
      })
    },
    stop,
  }
}
