import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, parseCidr } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'

const read = (texts: readonly string[]): readonly Cidr[] =>
  texts.map(parseCidr).filter(cidr => cidr !== undefined)

/** A translator never leads to this host itself, its own link or a group (draft-ietf-happy-happyeyeballs-v3 section 8.1; multicast: docs/racing.md, R4). */
const NEVER = read([
  '0.0.0.0/8', // RFC 1122 section 3.2.1.3, "this network"
  '127.0.0.0/8', // RFC 1122 section 3.2.1.3, loopback
  '169.254.0.0/16', // RFC 3927, link-local
  '224.0.0.0/4', // RFC 5771, multicast
  '255.255.255.255', // RFC 919 section 7
])

/**
 * RFC 6052 section 3.1: the well-known prefix must not stand for addresses that are not global, those
 * of RFC 1918 and of RFC 5735 section 3; RFC 6598 came later and belongs to them.
 */
const NOT_GLOBAL = read([
  '10.0.0.0/8', // RFC 1918
  '100.64.0.0/10', // RFC 6598, shared between a carrier and its customers
  '172.16.0.0/12', // RFC 1918
  '192.0.0.0/24', // RFC 6890, protocol assignments
  '192.0.2.0/24', // RFC 5737, documentation
  '192.88.99.0/24', // RFC 7526, 6to4 relays, given up
  '192.168.0.0/16', // RFC 1918
  '198.18.0.0/15', // RFC 2544, benchmarks
  '198.51.100.0/24', // RFC 5737, documentation
  '203.0.113.0/24', // RFC 5737, documentation
  '240.0.0.0/4', // RFC 1112 section 4, reserved
])

const holds = (cidrs: readonly Cidr[], ip: Ip): boolean =>
  cidrs.some(cidr => cidrContains(cidr, ip))

/** Whether an IPv4 address is never turned into a NAT64 address, by whatever prefix. */
export const isExempt = (ipv4: Ip): boolean => holds(NEVER, ipv4)

/** Whether the well-known prefix may stand for an IPv4 address; one of a network's own may for more. */
export const isGlobal = (ipv4: Ip): boolean => !isExempt(ipv4) && !holds(NOT_GLOBAL, ipv4)
