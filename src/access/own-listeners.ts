import type { Ip } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { isSpecial } from '../core/special-addresses.ts'

/** Says whether a connection to an address and port would come back to the daemon itself. */
export type IsOwnListener = (address: string, port: number) => boolean

/** The addresses that are listened on, by port. */
type OwnPorts = ReadonlyMap<number, readonly Ip[]>

const isUnspecified = ({ bytes }: Ip): boolean => bytes.every(byte => byte === 0)

/** Zones are left out: one that is not needed to reach the listener must not hide it. */
const keyOf = ({ family, bytes }: Ip): string => formatIp({ family, bytes })

const read = (address: string): Ip | undefined => {
  const ip = parseIp(address)
  return ip && unmapIp(ip)
}

const portsOf = (bound: readonly ListenAddress[]): OwnPorts => {
  const ports = new Map<number, Ip[]>()
  for (const address of bound) {
    const ip = address.type === 'tcp' ? read(address.host) : undefined
    if (address.type !== 'tcp' || !ip) continue
    const others = ports.get(address.port)
    if (others) others.push(ip)
    else ports.set(address.port, [ip])
  }
  return ports
}

/**
 * Finds loops. A target that is one of the daemon's own listeners would make it connect to itself
 * until something is exhausted, so it is refused, by whatever name or address it was reached.
 *
 * @param bound where the daemon listens at the moment, with the real ports. An array is read once: where
 *   the addresses change, it is another array
 * @param isLocal whether an address is one of this host's; asked only for a wildcard listener on the very port
 */
export const createIsOwnListener = (
  bound: () => readonly ListenAddress[],
  isLocal: (address: string) => boolean,
): IsOwnListener => {
  let known: readonly ListenAddress[] | undefined
  let ports: OwnPorts = new Map()

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
    const now = bound()
    if (now !== known) {
      known = now
      ports = portsOf(now)
    }
    // Nearly every target ends here, without any parsing.
    const listeners = ports.get(port)
    if (!listeners) return false
    const target = read(address)
    return target !== undefined && listeners.some(listener => meets(listener, target))
  }
}
