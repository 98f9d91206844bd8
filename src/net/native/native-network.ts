import type { Clock } from '../../core/clock.ts'
import { ERRNO } from '../../libc/constants.ts'
import type { Libc } from '../../libc/libc.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import type { Interfaces } from '../host/interfaces.ts'
import type { SourceTurns } from '../host/source-address.ts'
import type { Network, OnExhausted, Watch } from '../network.ts'
import { createNodeNetwork } from '../node/node-network.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createNativeConnect } from './native-connect.ts'
import type { NativeSocket } from './native-socket.ts'

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

/**
 * This host's network, for races, with sockets that use calls of the C library. `reset` accepts only
 * sockets that it made.
 *
 * @param interfaces share one with `createLocalAddresses`, so that the interfaces are read once; by default
 *   it has its own
 */
export const createNativeNetwork = ({
  clock,
  interfaces,
  libc,
  poller,
  tuning,
  turns,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces?: () => Interfaces
  readonly libc: Libc
  readonly poller: Poller
  readonly tuning?: SocketTuning
  /** Limits the lookups of source addresses; by default 16 at a time. */
  readonly turns?: SourceTurns
  readonly onExhausted?: OnExhausted | undefined
}): Network<NativeSocket> => ({
  ...createNodeNetwork({
    clock,
    ...(interfaces && { interfaces }),
    ...(turns && { turns }),
    onExhausted,
  }),
  connect: createNativeConnect({ libc, poller, ...(tuning && { tuning }), onExhausted }),
  reset: socket => {
    socket.resetAndDestroy()
  },
  watch: watchNativeFirstByte,
})
