import type { Ip, ReadIp } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { isSpecial } from '../core/special-addresses.ts'

/** All addresses on which the daemon listens; they are not allowed as targets. */
type OwnAddresses = {
  /** A new array only if the addresses have changed, because each candidate of a race is compared with it. */
  readonly all: () => readonly ListenAddress[]
  /** Sets the addresses that are not those of listeners, such as the admin endpoint's. */
  readonly setOthers: (others: readonly ListenAddress[]) => void
}

/** @param bound the addresses of the listeners: a new array after each change */
export const createOwnAddresses = (bound: () => readonly ListenAddress[]): OwnAddresses => {
  let others: readonly ListenAddress[] = []
  let known: readonly ListenAddress[] | undefined
  let all: readonly ListenAddress[] = []
  return {
    all: () => {
      const now = bound()
      if (now !== known) {
        known = now
        all = [...now, ...others]
      }
      return all
    },
    setOthers: next => {
      others = next
      known = undefined
    },
  }
}

/**
 * Returns whether a connection to this address and port would reach one of the daemon's own listeners.
 *
 * @param readIp reads the address; `parseIp` by default
 */
export type IsOwnListener = (address: string, port: number, readIp?: ReadIp) => boolean

/** The addresses of the listeners, by port. */
type OwnPorts = ReadonlyMap<number, readonly Ip[]>

const isUnspecified = ({ bytes }: Ip): boolean => bytes.every(byte => byte === 0)

/** The key ignores the zone: a target may reach the listener with or without one. */
const keyOf = ({ family, bytes }: Ip): string => formatIp({ family, bytes })

const read = (address: string, readIp: ReadIp = parseIp): Ip | undefined => {
  const ip = readIp(address)
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
 * Detects loops. A connection to one of the daemon's own listeners would make it connect to itself until
 * connections or descriptors run out, so it is refused by whichever name or address the target was given.
 *
 * @param bound the addresses on which the daemon listens, with the real ports. The result must be a new
 *   array when the addresses change, because each array is read once
 * @param isLocal whether an address belongs to this host; called only if a wildcard listener has the
 *   target's port
 */
export const createIsOwnListener = (
  bound: () => readonly ListenAddress[],
  isLocal: (address: string) => boolean,
): IsOwnListener => {
  let known: readonly ListenAddress[] | undefined
  let ports: OwnPorts = new Map()

  const meets = (listener: Ip, target: Ip): boolean => {
    // A listener on `::` accepts IPv4 too unless it has IPV6_V6ONLY; both cases are refused.
    if (isUnspecified(listener))
      return (listener.family === 6 || target.family === 4) && isLocal(keyOf(target))
    // On Linux the targets `0.0.0.0` and `::` reach this host through the loopback address of their family.
    if (isUnspecified(target)) {
      return listener.family === target.family && isSpecial('loopback', listener)
    }
    return keyOf(listener) === keyOf(target)
  }

  return (address, port, readIp) => {
    const now = bound()
    if (now !== known) {
      known = now
      ports = portsOf(now)
    }
    // Most targets have another port and are never parsed.
    const listeners = ports.get(port)
    if (!listeners) return false
    const target = read(address, readIp)
    return target !== undefined && listeners.some(listener => meets(listener, target))
  }
}
