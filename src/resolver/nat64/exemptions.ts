import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, parseCidr } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'

/** Addresses that no NAT64 leads to: this host, its link, and multicast groups. */
const NEVER = ['unspecified', 'loopback', 'link-local', 'multicast'] as const

/**
 * RFC 6052 section 3.1: the well-known prefix must not represent non-global addresses (RFC 1918 and RFC
 * 5735 section 3). These are the non-global ones apart from private addresses.
 */
const NOT_GLOBAL: readonly Cidr[] = [
  '192.0.0.0/24', // RFC 6890, protocol assignments
  '192.0.2.0/24', // RFC 5737, documentation
  '192.88.99.0/24', // RFC 7526, 6to4 relays (deprecated)
  '198.18.0.0/15', // RFC 2544, benchmarks
  '198.51.100.0/24', // RFC 5737, documentation
  '203.0.113.0/24', // RFC 5737, documentation
  '240.0.0.0/4', // RFC 1112 section 4, reserved
].flatMap(text => parseCidr(text) ?? [])

/** Whether an IPv4 address must not be translated with any prefix. */
export const isExempt = (ipv4: Ip): boolean => NEVER.some(kind => isSpecial(kind, ipv4))

/** Whether the well-known prefix may represent an IPv4 address; a network-specific prefix may represent more. */
export const isGlobal = (ipv4: Ip): boolean =>
  !isExempt(ipv4) &&
  !isSpecial('private', ipv4) &&
  !NOT_GLOBAL.some(cidr => cidrContains(cidr, ipv4))
