import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, formatCidr } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'
import { ipFromBytes } from '../../core/ip.ts'
import { U_OCTET } from '../../core/nat64-prefix.ts'

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
