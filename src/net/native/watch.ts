import { ERRNO } from '../../libc/constants.ts'
import type { Watch } from '../types.ts'
import type { NativeSocket } from './socket.ts'

/**
 * Watches a connected, paused socket for its target's first byte, as `Network.watch` says. The byte is
 * looked at where the system keeps it: nothing is read.
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
  // What has come before is not told again.
  process.nextTick(look)
  return {
    send: bytes => {
      if (!open || !socket.writable) return
      socket.write(bytes, error => {
        // The target may have answered and reset before.
        if (error) look()
      })
    },
    stop,
  }
}
