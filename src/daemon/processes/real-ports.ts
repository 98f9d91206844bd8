import type { Config, ListenerConfig } from '../../config/types.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'

/** The ports of listeners that want any free one: all processes must have the same. */
export type RealPorts = {
  /** The configuration with real ports; those that were in force before stay, those of addresses that cannot be had stay 0. */
  readonly resolve: (config: Config) => Promise<Config>
  /** What was resolved last is in force. */
  readonly keep: () => void
}

/** @param hold an address with a real port in place of 0, or as it is */
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
    // Several listeners may each want any free port.
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
