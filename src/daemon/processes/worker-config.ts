import { availableParallelism } from 'node:os'
import type { Config, ListenerConfig } from '../../config/types.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import { formatListenAddress, socketAddresses } from '../../core/listen-address.ts'

/** The ports of listeners with port 0: all processes must use the same port. */
type RealPorts = {
  /**
   * Returns the configuration with real ports. Ports already in force stay; an address that is not
   * available keeps port 0.
   */
  readonly resolve: (config: Config) => Promise<Config>
  /** The configuration that was resolved last is now in force. */
  readonly keep: () => void
}

/** @param reserve returns an address with a real port in place of 0, else unchanged */
export const createRealPorts = (
  reserve: (address: SocketAddress) => Promise<SocketAddress>,
): RealPorts => {
  let inForce: ReadonlyMap<string, SocketAddress> = new Map()
  let resolved = inForce

  const addressOf = async (
    { name }: ListenerConfig,
    address: SocketAddress,
    found: Map<string, SocketAddress>,
  ): Promise<SocketAddress> => {
    if (address.type === 'unix' || address.port !== 0) return address
    // Several listeners may each have port 0.
    const key = `${formatListenAddress(address)} ${name}`
    const real = inForce.get(key) ?? (await reserve(address))
    if (real !== address) found.set(key, real)
    return real
  }

  return {
    resolve: async config => {
      const found = new Map<string, SocketAddress>()
      const listeners: ListenerConfig[] = []
      for (const listener of config.listeners) {
        const listen: SocketAddress[] = []
        for (const address of socketAddresses(listener.listen))
          listen.push(await addressOf(listener, address, found))
        listeners.push({ ...listener, listen })
      }
      resolved = found
      return { ...config, listeners }
    },
    keep: () => {
      inForce = resolved
    },
  }
}

/** One of several processes: the `index`-th, counted from 0. */
type ShareOf = { readonly index: number; readonly processes: number }

/** The `index`-th part of a whole number: parts differ by at most 1 and add up to the whole. */
const part = (whole: number, { index, processes }: ShareOf): number =>
  Math.floor(whole / processes) + (index < whole % processes ? 1 : 0)

/**
 * The part of a configuration that applies to one process. `maxConnections` and the threads are divided
 * among the processes, and each process gets at least 1. `maxConnectionsPerClient` and `maxConnectionsPerUser`
 * are divided and rounded up, because the kernel may give the next connection to any process.
 *
 * @param cores cores of the host; the number that the system reports by default
 */
export const configShare = (
  config: Config,
  share: ShareOf,
  cores = availableParallelism(),
): Config => {
  const { limits, pipe } = config
  const threads = Math.floor(cores / 2 / share.processes)
  return {
    ...config,
    limits: {
      ...limits,
      maxConnections: Math.max(1, part(limits.maxConnections, share)),
      maxConnectionsPerClient: Math.ceil(limits.maxConnectionsPerClient / share.processes),
      maxConnectionsPerUser: Math.ceil(limits.maxConnectionsPerUser / share.processes),
    },
    // The primary has waited.
    drainDelayMs: 0,
    pipe: { ...pipe, workers: pipe.workers === 'auto' ? Math.max(1, threads) : pipe.workers },
  }
}
