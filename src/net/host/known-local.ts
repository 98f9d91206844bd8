import type { Network } from '../types.ts'
import type { Interfaces } from './interfaces.ts'

/**
 * This host's unique local addresses: those in fd00::/8 (RFC 4193 section 3.1, the half of fc00::/7 in use)
 * of interfaces that are up. Computed once per epoch.
 */
export const createKnownLocal = ({
  interfaces,
}: {
  readonly interfaces: () => Interfaces
}): Network<never>['knownLocal'] => {
  let epoch: number | undefined
  let known: readonly string[] = []
  return () => {
    const current = interfaces()
    if (current.epoch === epoch) return known
    epoch = current.epoch
    known = [...current.addresses.values()]
      .filter(({ address, running }) => running && /^fd[0-9a-f]{2}:/.test(address))
      .map(({ address }) => address)
    return known
  }
}
