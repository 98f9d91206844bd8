import type { Ip } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import { isSpecial } from './special-addresses.ts'

/** Where the daemon listens: a TCP address as the system gives it back, with the real port. */
export type BoundAddress = { readonly address: string; readonly port: number }

/** Says whether a connection to an address and port would come back to the daemon itself. */
export type IsOwnListener = (address: string, port: number) => boolean

const isUnspecified = ({ bytes }: Ip): boolean => bytes.every(byte => byte === 0)

/** Zones are left out: one that is not needed to reach the listener must not hide it. */
const keyOf = ({ family, bytes }: Ip): string => formatIp({ family, bytes })

const read = (address: string): Ip | undefined => {
  const ip = parseIp(address)
  return ip && unmapIp(ip)
}

/**
 * Finds loops. A target that is one of the daemon's own listeners would make it connect to itself
 * until something is exhausted, so it is refused, by whatever name or address it was reached.
 *
 * @param bound where the daemon listens at the moment, with the real ports
 * @param isLocal whether an address is one of this host's; asked only for a wildcard listener on the very port
 */
export const createIsOwnListener = (
  bound: () => readonly BoundAddress[],
  isLocal: (address: string) => boolean,
): IsOwnListener => {
  const meets = (listener: Ip, target: Ip): boolean => {
    // `::` takes IPv4 too unless it was told not to; it is refused either way.
    if (isUnspecified(listener))
      return (listener.family === 6 || target.family === 4) && isLocal(keyOf(target))
    // On Linux `0.0.0.0` and `::` as targets mean this host, through the loopback of their family.
    if (isUnspecified(target)) {
      return listener.family === target.family && isSpecial('loopback', listener)
    }
    return keyOf(listener) === keyOf(target)
  }
  return (address, port) => {
    let target: Ip | undefined
    for (const listener of bound()) {
      // Nearly every target fails here at every listener, without any parsing.
      if (listener.port !== port) continue
      const own = read(listener.address)
      target ??= read(address)
      if (own && target && meets(own, target)) return true
    }
    return false
  }
}
