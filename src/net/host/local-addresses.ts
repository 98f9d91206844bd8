import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, parseCidr } from '../../core/cidr.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import type { Interfaces } from './interfaces.ts'

/** What is this host on every host: loopback, and the unspecified addresses, which the system takes for loopback. */
const ALWAYS_LOCAL: readonly Cidr[] = ['127.0.0.0/8', '0.0.0.0/32', '::1/128', '::/128']
  .map(parseCidr)
  .filter(cidr => cidr !== undefined)

/**
 * Whether a connection to an address would end on this host, as a daemon must know that is not to
 * talk to itself. IPv4-mapped addresses are the IPv4 ones that they hold; a zone does not count.
 *
 * @param address canonical or not; what is no IP address is not local
 */
export type IsLocalAddress = (address: string) => boolean

export const createLocalAddresses =
  (interfaces: () => Interfaces): IsLocalAddress =>
  address => {
    const parsed = parseIp(address)
    if (!parsed) return false
    const { family, bytes } = unmapIp(parsed)
    const ip = { family, bytes }
    if (ALWAYS_LOCAL.some(cidr => cidrContains(cidr, ip))) return true
    return interfaces().addresses.has(formatIp(ip))
  }
