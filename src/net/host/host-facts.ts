import type { Clock } from '../../core/clock.ts'
import type { EgressPath } from '../../core/egress.ts'
import { PLAIN_EGRESS } from '../../core/egress.ts'
import type { Network, OnExhausted } from '../network.ts'
import { createConnectivity, createEpoch, createKnownLocal } from './connectivity.ts'
import type { Interfaces } from './interfaces.ts'
import type { AskSource, SourceTurns } from './source-address.ts'
import { createAskSource, createSourceAddress } from './source-address.ts'

/** What races and lookups need to know about this host, as seen from one path. */
export type HostFacts = Pick<Network<never>, 'source' | 'connectivity' | 'epoch' | 'knownLocal'>

/**
 * @param path by default plain
 * @param ask by default by Node's sockets
 * @param turns shared with those of other paths
 */
export const createHostFacts = ({
  clock,
  interfaces,
  path = PLAIN_EGRESS,
  ask = createAskSource(path),
  turns,
  onExhausted,
}: {
  readonly clock: Clock
  readonly interfaces: () => Interfaces
  readonly path?: EgressPath
  readonly ask?: AskSource
  readonly turns?: SourceTurns | undefined
  readonly onExhausted?: OnExhausted | undefined
}): HostFacts => {
  const source = createSourceAddress({
    clock,
    interfaces,
    ask,
    ...(turns && { turns }),
    onExhausted,
  })
  return {
    source,
    connectivity: createConnectivity({ clock, interfaces, source, path }),
    epoch: createEpoch({ interfaces }),
    knownLocal: createKnownLocal({ interfaces }),
  }
}
