import { parseIp } from '../../core/ip.ts'
import type { Network } from '../types.ts'
import type { Interfaces, OwnAddress } from './interfaces.ts'
import { reachesFar } from './reaches-far.ts'

/** An IPv4 address itself; of IPv6 the /64, in which addresses come and go (RFC 8981). */
const placeOf = ({ address, family }: OwnAddress): string =>
  family === 4 ? address : String(parseIp(address)?.bytes.subarray(0, 8))

/**
 * A number that changes when this host has moved: when the addresses have changed by which it reaches
 * others. Links that come up and go down beside (containers, tunnels without an address) do not count,
 * nor does a temporary IPv6 address that takes the place of another one.
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
