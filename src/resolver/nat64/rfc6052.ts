import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, formatCidr } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'
import { ipFromBytes } from '../../core/ip.ts'
import { U_OCTET } from '../../core/nat64-prefix.ts'

/** Where the four octets of the IPv4 address stand behind a prefix of so many bits: in a row, but for the octet that is always zero. */
const placesOf = (length: number): readonly number[] => {
  const places: number[] = []
  for (let at = length / 8; places.length < 4; at++) if (at !== U_OCTET) places.push(at)
  return places
}

/** The IPv4 address that 16 octets hold behind a prefix of so many bits, whatever stands in the others. */
export const ipv4At = (bytes: Uint8Array, length: number): Ip =>
  ipFromBytes(Uint8Array.from(placesOf(length), at => bytes[at] ?? 0))

/**
 * The IPv6 address that stands for an IPv4 address behind a translator (RFC 6052 section 2.2). The
 * octet of bits 64 to 71 and the suffix are zero.
 *
 * @param prefix as `parseNat64Prefix` and discovery give it
 */
export const embed = ({ ip: { bytes }, length }: Cidr, ipv4: Ip): Ip => {
  const whole = Uint8Array.from(bytes)
  for (const [i, at] of placesOf(length).entries()) whole[at] = ipv4.bytes[i] ?? 0
  return ipFromBytes(whole)
}

/**
 * The IPv4 address that an address of a prefix stands for. Octet and suffix that ought to be zero are
 * not looked at: what a translator makes of them is its own choice, and whoever judges the address
 * must not be led astray by them.
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

/** Whether a prefix is the well-known one. */
export const isWellKnown = (prefix: Cidr): boolean => formatCidr(prefix) === WELL_KNOWN_TEXT
