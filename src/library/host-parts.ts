import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import type { Interfaces } from '../net/interfaces.ts'
import { createInterfaces } from '../net/interfaces.ts'
import { createNetwork } from '../net/network.ts'
import { createRealClock } from '../net/real-clock.ts'
import type { Network } from '../net/types.ts'

/** What all races of this process share of its host. */
export type HostParts = {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly network: Network<Socket>
}

let parts: HostParts | undefined

/** Made at the first call; it holds nothing open. */
export const hostParts = (): HostParts => {
  if (parts) return parts
  const clock = createRealClock()
  const interfaces = createInterfaces({ clock })
  parts = { clock, interfaces, network: createNetwork({ clock, interfaces }) }
  return parts
}
