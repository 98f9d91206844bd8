import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import type { LookupParts } from '../dial/create-dialer.ts'
import { createHostLookups } from '../dial/create-dialer.ts'
import type { Interfaces } from '../net/host/interfaces.ts'
import { createInterfaces } from '../net/host/interfaces.ts'
import { openFilesLimit } from '../net/host/open-files.ts'
import { createRealClock } from '../net/host/real-clock.ts'
import type { Network } from '../net/network.ts'
import { createNodeNetwork } from '../net/node/node-network.ts'
import { queriesMax } from '../resolver/query-load.ts'

/** The parts that all races of this process share. */
export type HostParts = {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly network: Network<Socket>
  readonly lookups: LookupParts
}

let parts: HostParts | undefined

/** Creates the shared parts at the first call. They keep nothing open. */
export const hostParts = (): HostParts => {
  if (parts) return parts
  const clock = createRealClock()
  const interfaces = createInterfaces({ clock })
  parts = {
    clock,
    interfaces,
    network: createNodeNetwork({ clock, interfaces }),
    lookups: createHostLookups({
      hasInterface: name => interfaces().names.has(name),
      queriesMax: queriesMax(openFilesLimit()),
    }),
  }
  return parts
}
