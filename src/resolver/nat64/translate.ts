import type { Cidr } from '../../core/cidr.ts'
import { U_OCTET, cidrContains, formatCidr, parseCidr } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'
import { formatIp, ipFromBytes, parseIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'
import { ADDRESSES_MAX } from '../../wire/dns/parse-response.ts'
import type { PositiveAnswer } from '../types.ts'

/** Addresses that no NAT64 leads to: this host, its link, and multicast groups. */
const NOT_TRANSLATED = ['unspecified', 'loopback', 'link-local', 'multicast'] as const

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
export const isExempt = (ipv4: Ip): boolean => NOT_TRANSLATED.some(kind => isSpecial(kind, ipv4))

/** Whether the well-known prefix may represent an IPv4 address; a network-specific prefix may represent more. */
export const isGlobal = (ipv4: Ip): boolean =>
  !isExempt(ipv4) &&
  !isSpecial('private', ipv4) &&
  !NOT_GLOBAL.some(cidr => cidrContains(cidr, ipv4))

/**
 * Positions of the four IPv4 octets after a prefix of this many bits: consecutive, except for the reserved
 * octet (RFC 6052 section 2.2).
 */
const placesOf = (length: number): readonly number[] => {
  const places: number[] = []
  for (let at = length / 8; places.length < 4; at++) if (at !== U_OCTET) places.push(at)
  return places
}

/** Returns the IPv4 address after a prefix of this many bits, whatever the other octets contain. */
export const ipv4At = (bytes: Uint8Array, length: number): Ip =>
  ipFromBytes(Uint8Array.from(placesOf(length), at => bytes[at] ?? 0))

/**
 * Embeds an IPv4 address in a NAT64 prefix (RFC 6052 section 2.2). Bits 64 to 71 and the suffix are zero.
 *
 * @param prefix as returned by `parseNat64Prefix` or by discovery
 */
export const embed = ({ ip: { bytes }, length }: Cidr, ipv4: Ip): Ip => {
  const whole = Uint8Array.from(bytes)
  for (const [i, at] of placesOf(length).entries()) whole[at] = ipv4.bytes[i] ?? 0
  return ipFromBytes(whole)
}

/**
 * Extracts the IPv4 address from an address of a prefix. Bits 64 to 71 and the suffix should be zero but
 * are not checked: a translator may ignore them, and access rules must see the IPv4 address in any case.
 *
 * @returns undefined for an address outside the prefix
 */
export const extract = (prefix: Cidr, ip: Ip): Ip | undefined =>
  cidrContains(prefix, ip) ? ipv4At(ip.bytes, prefix.length) : undefined

/** RFC 6052 section 2.1: the well-known prefix. */
export const WELL_KNOWN_PREFIX: Cidr = {
  ip: ipFromBytes(Uint8Array.from([0, 0x64, 0xff, 0x9b, ...new Uint8Array(12)])),
  length: 96,
}

const WELL_KNOWN_TEXT = formatCidr(WELL_KNOWN_PREFIX)

/** Whether a prefix is the well-known prefix. */
export const isWellKnown = (prefix: Cidr): boolean => formatCidr(prefix) === WELL_KNOWN_TEXT

/**
 * Translates an answer with IPv4 addresses: each address with every prefix, in the order of the prefixes
 * (RFC 7050 section 3). Addresses that no NAT64 leads to are left out.
 *
 * @returns the answer itself if nothing can be translated
 */
export const synthesise = (answer: PositiveAnswer, prefixes: readonly Cidr[]): PositiveAnswer => {
  const embedded = new Map<string, string>()
  const ipv4s = answer.addresses.flatMap(address => parseIp(address) ?? [])
  for (const prefix of prefixes) {
    const stands = isWellKnown(prefix) ? isGlobal : (ipv4: (typeof ipv4s)[0]) => !isExempt(ipv4)
    for (const ipv4 of ipv4s) {
      if (embedded.size === ADDRESSES_MAX) break
      if (stands(ipv4)) embedded.set(formatIp(embed(prefix, ipv4)), formatIp(ipv4))
    }
  }
  if (embedded.size === 0) return answer
  const addresses = [...embedded.keys()]
  return { ...answer, addresses, source: 'nat64', embedded, origin: answer.source }
}

/**
 * Translates the IPv4 addresses in an AAAA answer, which were IPv4-mapped IPv6 addresses; the results come
 * last.
 *
 * @returns the answer itself if it has none, or none can be translated
 */
export const synthesiseMapped = (
  answer: PositiveAnswer,
  prefixes: readonly Cidr[],
): PositiveAnswer => {
  const mapped = answer.addresses.filter(address => !address.includes(':'))
  if (mapped.length === 0) return answer
  const { addresses, embedded } = synthesise({ ...answer, addresses: mapped }, prefixes)
  if (!embedded) return answer
  const others = answer.addresses.filter(address => address.includes(':'))
  return { ...answer, addresses: [...others, ...addresses], embedded }
}

/**
 * Adds to an AAAA answer the embedded IPv4 addresses of its NAT64 addresses, as a DNS64 (RFC 6147)
 * synthesizes them. The well-known prefix is always recognized.
 *
 * @returns the answer itself if it has none
 */
export const withEmbedded = (answer: PositiveAnswer, prefixes: readonly Cidr[]): PositiveAnswer => {
  const embedded = new Map(answer.embedded)
  // If one prefix contains another, the longer prefix determines the embedded address.
  const longestFirst = [WELL_KNOWN_PREFIX, ...prefixes].toSorted((a, b) => b.length - a.length)
  for (const address of answer.addresses) {
    const ip = parseIp(address)
    const ipv4 = ip && firstOf(longestFirst, prefix => extract(prefix, ip))
    if (ipv4) embedded.set(address, formatIp(ipv4))
  }
  return embedded.size > 0 ? { ...answer, embedded } : answer
}

const firstOf = <T, U>(items: readonly T[], find: (item: T) => U | undefined): U | undefined => {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
