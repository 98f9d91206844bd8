import type { Ip } from '../../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'
import type { Interfaces } from './interfaces.ts'

/** The system treats the unspecified addresses as loopback. */
const isUnspecified = ({ bytes }: Ip): boolean => bytes.every(byte => byte === 0)

/**
 * Whether a connection to an address would end on this host; the daemon must not connect to itself. An
 * IPv4-mapped address counts as its IPv4 address; the zone is ignored.
 *
 * @param address canonical or not; text that is no IP address is not local
 */
export type IsLocalAddress = (address: string) => boolean

export const createLocalAddresses =
  (interfaces: () => Interfaces): IsLocalAddress =>
  address => {
    const parsed = parseIp(address)
    if (!parsed) return false
    const { family, bytes } = unmapIp(parsed)
    const ip = { family, bytes }
    if (isSpecial('loopback', ip) || isUnspecified(ip)) return true
    return interfaces().addresses.has(formatIp(ip))
  }
