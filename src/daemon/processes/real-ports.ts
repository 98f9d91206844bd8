import type { Config, ListenerConfig } from '../../config/types.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'

/** The ports of listeners with port 0: all processes must use the same port. */
export type RealPorts = {
  /**
   * Returns the configuration with real ports. Ports already in force stay; an address that is not
   * available keeps port 0.
   */
  readonly resolve: (config: Config) => Promise<Config>
  /** The configuration that was resolved last is now in force. */
  readonly keep: () => void
}

/** @param hold returns an address with a real port in place of 0, else unchanged */
export const createRealPorts = (
  hold: (address: ListenAddress) => Promise<ListenAddress>,
): RealPorts => {
  let inForce: ReadonlyMap<string, ListenAddress> = new Map()
  let resolved = inForce

  const addressOf = async (
    { name }: ListenerConfig,
    address: ListenAddress,
    found: Map<string, ListenAddress>,
  ): Promise<ListenAddress> => {
    if (address.type === 'unix' || address.port !== 0) return address
    // Several listeners may each have port 0.
    const key = `${formatListenAddress(address)} ${name}`
    const real = inForce.get(key) ?? (await hold(address))
    if (real !== address) found.set(key, real)
    return real
  }

  return {
    resolve: async config => {
      const found = new Map<string, ListenAddress>()
      const listeners: ListenerConfig[] = []
      for (const listener of config.listeners) {
        const listen: ListenAddress[] = []
        for (const address of listener.listen)
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
