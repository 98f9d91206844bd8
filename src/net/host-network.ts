import type { Clock } from '../core/clock.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { EgressNetworks } from './egress-networks.ts'
import type { Interfaces } from './host/interfaces.ts'
import type { SourceTurns } from './host/source-address.ts'
import type { Network } from './network.ts'

/** This host's network by one kind of sockets. */
export type HostNetwork = {
  /** The network of a configuration without egress options. */
  readonly network: Network<StreamSocket>
  readonly egress: EgressNetworks<StreamSocket>
  /** Releases everything, after the last connection. */
  readonly close: () => void
}

export type HostNetworkParts = {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly turns: SourceTurns
}
