import type { Clock } from '../../core/clock.ts'
import type { Poller } from '../../libc/poller-types.ts'
import type { Libc } from '../../libc/types.ts'
import type { OnExhausted } from '../exhausted.ts'
import type { Interfaces } from '../host/interfaces.ts'
import { createNetwork } from '../node/network.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import type { Network } from '../types.ts'
import { createNativeConnect } from './connect.ts'
import type { NativeSocket } from './socket.ts'
import { watchNativeFirstByte } from './watch.ts'

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
  sources,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces?: () => Interfaces
  readonly libc: Libc
  readonly poller: Poller
  readonly tuning?: SocketTuning
  /** The most sockets at a time that look up source addresses, 1 or more; 16 by default. */
  readonly sources?: number
  readonly onExhausted?: OnExhausted | undefined
}): Network<NativeSocket> => ({
  ...createNetwork({
    clock,
    ...(interfaces && { interfaces }),
    ...(sources !== undefined && { sources }),
    onExhausted,
  }),
  connect: createNativeConnect({ libc, poller, ...(tuning && { tuning }), onExhausted }),
  reset: socket => {
    socket.resetAndDestroy()
  },
  watch: watchNativeFirstByte,
})
