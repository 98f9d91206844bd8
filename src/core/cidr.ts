import type { Ip } from './ip.ts'
import { formatIp, ipFromBytes, parseIp, unmapIp } from './ip.ts'

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

/** A prefix: an address and how many of its leading bits count. */
export type Cidr = { readonly ip: Ip; readonly length: number }

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32`, or a single address, which becomes a prefix of its full length.
 * Bits beyond the length are ignored.
 *
 * @returns undefined for anything else, and for a zone
 */
export const parseCidr = (text: string): Cidr | undefined => {
  const [address = '', length, more] = text.split('/')
  const ip = parseIp(address)
  if (!ip || ip.zone !== undefined || more !== undefined) return undefined
  const width = ip.bytes.length * 8
  if (length === undefined) return { ip, length: width }
  if (!/^\d{1,3}$/.test(length) || Number(length) > width) return undefined
  return { ip, length: Number(length) }
}

/** How many leading bits two addresses of one family share; 0 across families. */
export const commonPrefixLength = (a: Ip, b: Ip): number => {
  if (a.family !== b.family) return 0
  for (let i = 0; i < a.bytes.length; i++) {
    const different = (a.bytes[i] ?? 0) ^ (b.bytes[i] ?? 0)
    if (different !== 0) return i * 8 + Math.clz32(different) - 24
  }
  return a.bytes.length * 8
}

/** Whether a prefix contains an address of the same family. An IPv4-mapped address counts as IPv6: unmap it first. */
export const cidrContains = (cidr: Cidr, ip: Ip): boolean =>
  cidr.ip.family === ip.family && commonPrefixLength(cidr.ip, ip) >= cidr.length

/** What stands for a peer on a UNIX socket, which counts as loopback. */
const LOOPBACKS: readonly Ip[] = ['127.0.0.1', '::1'].flatMap(text => parseIp(text) ?? [])

/**
 * Whether one of the prefixes contains a peer.
 *
 * @param ip null on a UNIX socket: a prefix that holds 127.0.0.1 or ::1 contains it
 */
export const containsPeer = (cidrs: readonly Cidr[], ip: Ip | null): boolean => {
  const addresses = ip ? [ip] : LOOPBACKS
  return cidrs.some(cidr => addresses.some(address => cidrContains(cidr, address)))
}

/** Converts a prefix of IPv4-mapped addresses to the IPv4 prefix, because addresses are compared unmapped. */
export const unmapCidr = (cidr: Cidr): Cidr => {
  const ip = unmapIp(cidr.ip)
  return ip.family === cidr.ip.family || cidr.length < 96 ? cidr : { ip, length: cidr.length - 96 }
}

/** The text of a prefix, as `parseCidr` reads it. */
export const formatCidr = (cidr: Cidr): string => `${formatIp(cidr.ip)}/${cidr.length}`
