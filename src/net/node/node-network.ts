import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { createHostFacts } from '../host/host-facts.ts'
import type { Interfaces } from '../host/interfaces.ts'
import { createInterfaces } from '../host/interfaces.ts'
import type { SourceTurns } from '../host/source-address.ts'
import type { Network, OnExhausted } from '../network.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createNodeConnect } from './node-connect.ts'

/**
 * Watches a connected, paused socket for its target's first byte (see `Network.watch`). Node must read data
 * into the socket's own buffer to notice it, at most `highWaterMark` and one chunk; the data and the end
 * after it stay there for the next reader of the socket.
 */
export const watchNodeFirstByte: Network<Socket>['watch'] = (socket, settle) => {
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

/**
 * This host's network, for races.
 *
 * @param interfaces share one with `createLocalAddresses`, so that the interfaces are read once; by default
 *   it has its own
 * @param tuning options of the sockets; Node's defaults if absent
 */
export const createNodeNetwork = ({
  clock,
  interfaces = createInterfaces({ clock }),
  tuning,
  turns,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces?: () => Interfaces
  readonly tuning?: Pick<SocketTuning, 'connected'>
  /** Limits the lookups of source addresses; by default 16 at a time. */
  readonly turns?: SourceTurns
  readonly onExhausted?: OnExhausted | undefined
}): Network<Socket> => ({
  connect: createNodeConnect({
    hasInterface: name => interfaces().names.has(name),
    ...(tuning && { onConnected: tuning.connected }),
    onExhausted,
  }),
  reset: socket => {
    socket.resetAndDestroy()
  },
  ...createHostFacts({ clock, interfaces, turns, onExhausted }),
  watch: watchNodeFirstByte,
})
