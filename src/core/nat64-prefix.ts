import type { Cidr } from './cidr.ts'
import { parseCidr } from './cidr.ts'
import { ipFromBytes } from './ip.ts'

/** The prefix lengths of a NAT64 (RFC 6052 section 2.2), in bits. */
export const NAT64_PREFIX_LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96]

/** The octet with bits 64 to 71, which is zero in every NAT64 address (RFC 6052 section 2.2). */
export const U_OCTET = 8

/**
 * The NAT64 prefix of an address; the bytes after it are zero.
 *
 * @param bytes 16 bytes; they are copied
 */
export const nat64PrefixOf = (bytes: Uint8Array, length: number): Cidr => {
  const head = new Uint8Array(16)
  head.set(bytes.subarray(0, length / 8))
  return { ip: ipFromBytes(head), length }
}

/**
 * Reads a NAT64 prefix (RFC 6052 section 2.2): an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits whose bits
 * 64 to 71 are zero. Bits beyond the length are ignored.
 *
 * @returns undefined for anything else
 */
export const parseNat64Prefix = (text: string): Cidr | undefined => {
  const cidr = parseCidr(text)
  if (cidr?.ip.family !== 6 || !NAT64_PREFIX_LENGTHS.includes(cidr.length)) return undefined
  const prefix = nat64PrefixOf(cidr.ip.bytes, cidr.length)
  return prefix.ip.bytes[U_OCTET] === 0 ? prefix : undefined
}
