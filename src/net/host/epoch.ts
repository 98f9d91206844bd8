import { parseIp } from '../../core/ip.ts'
import type { Network } from '../types.ts'
import type { Interfaces, OwnAddress } from './interfaces.ts'
import { reachesFar } from './reaches-far.ts'

/** An IPv4 address, or the /64 of an IPv6 address, in which temporary addresses change (RFC 8981). */
const placeOf = ({ address, family }: OwnAddress): string =>
  family === 4 ? address : String(parseIp(address)?.bytes.subarray(0, 8))

/**
 * A number that changes when this host has moved to another network: when the addresses by which it reaches
 * others have changed. Other links that come up and go down (containers, tunnels without an address) do not
 * count, nor does a new temporary IPv6 address that replaces another one.
 */
export const createEpoch = ({
  interfaces,
}: {
  readonly interfaces: () => Interfaces
}): Network<never>['epoch'] => {
  let seen: Interfaces | undefined
  let places = ''
  let epoch = 0
  return () => {
    const now = interfaces()
    if (now === seen) return epoch
    seen = now
    const found = [...now.addresses.values()]
      .filter(({ address, running }) => running && reachesFar(address))
      .map(placeOf)
    const text = [...new Set(found)].toSorted().join(' ')
    if (epoch === 0 || text !== places) epoch++
    places = text
    return epoch
  }
}
