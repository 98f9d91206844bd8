import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { OnExhausted } from '../exhausted.ts'
import { createConnectivity } from '../host/connectivity.ts'
import { createEpoch } from '../host/epoch.ts'
import type { Interfaces } from '../host/interfaces.ts'
import { createInterfaces } from '../host/interfaces.ts'
import { createKnownLocal } from '../host/known-local.ts'
import { createSourceAddress } from '../host/source-address.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import type { Network } from '../types.ts'
import { createConnect } from './connect.ts'
import { watchFirstByte } from './watch.ts'

/**
 * This host's network, for races.
 *
 * @param interfaces share one with `createLocalAddresses`, so that the interfaces are read once; by default
 *   it has its own
 * @param tuning options of the sockets; Node's defaults if absent
 */
export const createNetwork = ({
  clock,
  interfaces = createInterfaces({ clock }),
  tuning,
  sources,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces?: () => Interfaces
  readonly tuning?: Pick<SocketTuning, 'connected'>
  /** The most sockets at a time that look up source addresses, 1 or more; 16 by default. */
  readonly sources?: number
  readonly onExhausted?: OnExhausted | undefined
}): Network<Socket> => {
  const source = createSourceAddress({
    clock,
    interfaces,
    ...(sources !== undefined && { openMax: sources }),
    onExhausted,
  })
  return {
    connect: createConnect({
      hasInterface: name => interfaces().names.has(name),
      ...(tuning && { onConnected: tuning.connected }),
      onExhausted,
    }),
    reset: socket => {
      socket.resetAndDestroy()
    },
    source,
    connectivity: createConnectivity({ clock, interfaces, source }),
    epoch: createEpoch({ interfaces }),
    knownLocal: createKnownLocal({ interfaces }),
    watch: watchFirstByte,
  }
}
