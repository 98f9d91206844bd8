import { loadLibc } from '../../libc/load-libc.ts'
import { createPoller } from '../../libc/poller.ts'
import type { HostNetwork, HostNetworkParts } from '../host-network.ts'
import { createSocketTuning } from '../socket-tuning.ts'
import { createNativeEgress } from './native-egress.ts'
import { createNativeNetwork } from './native-network.ts'

/**
 * Opens this host's network with a poller of its own, for a process without relay workers.
 *
 * @param load loads the C library; the system's by default
 * @returns undefined if it cannot be loaded
 * @throws the system's error if no descriptor is available
 */
export const openNativeNetwork = (
  host: HostNetworkParts,
  load = loadLibc,
): HostNetwork | undefined => {
  const loaded = load()
  if (!loaded.ok) return undefined
  const { libc } = loaded
  const poller = createPoller(libc)
  const parts = { ...host, libc, poller, tuning: createSocketTuning(libc, null) }
  return {
    network: createNativeNetwork(parts),
    egress: createNativeEgress(parts),
    close: () => poller.close(),
  }
}
