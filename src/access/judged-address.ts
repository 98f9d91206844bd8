import type { Cidr } from '../core/cidr.ts'
import { cidrContains } from '../core/cidr.ts'
import type { Ip, ReadIp } from '../core/ip.ts'
import { ipFromBytes, parseIp, unmapIp } from '../core/ip.ts'

/** An address as access rules see it. */
export type JudgedAddress = {
  /** The address that rules are compared with: the embedded IPv4 address of a mapped or NAT64 address. */
  readonly ip: Ip
  /** A second address that rules are compared with. It can only cause a denial, never an allow. */
  readonly also?: Ip
}

const prefix = (length: number, ...head: number[]): Cidr => {
  const bytes = new Uint8Array(16)
  bytes.set(head)
  return { ip: { family: 6, bytes }, length }
}

/** RFC 6052 section 2.1, the well-known prefix: 64:ff9b::/96. */
const NAT64 = prefix(96, 0, 0x64, 0xff, 0x9b)
/** RFC 8215: 64:ff9b:1::/48, for NAT64 within one network. Most networks use a /96 of it. */
const NAT64_LOCAL = prefix(48, 0, 0x64, 0xff, 0x9b, 0, 1)
/** RFC 3056 section 2, 6to4: the IPv4 address of the remote router follows the first 16 bits. */
const SIX_TO_FOUR = prefix(16, 0x20, 0x02)
/** RFC 4380 section 4, Teredo: the last 32 bits are the remote client's IPv4 address, inverted. */
const TEREDO = prefix(32, 0x20, 0x01, 0, 0)
/** RFC 4291 section 2.5.5.1, IPv4-compatible addresses (deprecated): ::/96 without `::` and `::1`. */
const COMPATIBLE = prefix(96)

/** Returns the IPv4 address at a byte offset; `mask` 0xff inverts its bits. */
const inside = (ip: Ip, offset: number, mask = 0): Ip =>
  ipFromBytes(ip.bytes.subarray(offset, offset + 4).map(byte => byte ^ mask))

const isOneOrZero = ({ bytes }: Ip): boolean =>
  bytes[12] === 0 && bytes[13] === 0 && bytes[14] === 0 && (bytes[15] ?? 0) < 2

/**
 * Returns the addresses that rules are compared with. A mapped address, or one of the well-known NAT64
 * prefix, counts as its IPv4 address. A 6to4, Teredo, IPv4-compatible or local NAT64 address may lead
 * through a relay: it stays an IPv6 address, and its IPv4 address can only deny it. Zones are ignored.
 *
 * @param embedded the IPv4 address that this network's own NAT64 prefix embeds in the address
 */
export const judgedAddress = (written: Ip, embedded?: Ip): JudgedAddress => {
  const ip = unmapIp(written)
  if (ip.family === 4) return { ip }
  if (embedded) return { ip: embedded, also: ip }
  if (cidrContains(NAT64, ip)) return { ip: inside(ip, 12), also: ip }
  if (cidrContains(SIX_TO_FOUR, ip)) return { ip, also: inside(ip, 2) }
  if (cidrContains(TEREDO, ip)) return { ip, also: inside(ip, 12, 0xff) }
  if (cidrContains(NAT64_LOCAL, ip)) return { ip, also: inside(ip, 12) }
  if (cidrContains(COMPATIBLE, ip) && !isOneOrZero(ip)) return { ip, also: inside(ip, 12) }
  return { ip }
}

/** Parses an address and its embedded IPv4 address; undefined if either is invalid. */
export const parseJudgedAddress = (
  text: string,
  embedded?: string,
  readIp: ReadIp = parseIp,
): JudgedAddress | undefined => {
  const ip = readIp(text)
  if (embedded === undefined) return ip && judgedAddress(ip)
  const inner = readIp(embedded)
  return ip && inner && judgedAddress(ip, unmapIp(inner))
}
