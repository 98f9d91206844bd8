import type { Family } from '../core/ip.ts'
import { formatIp, parseIp } from '../core/ip.ts'
import type { Endpoint } from '../net/network.ts'
import { checkObject, invalidArgument } from './check-argument.ts'

/** A resolved address and a TCP port. */
export type AddrInfo = {
  /** 4 or 6, the family of `address`; an IPv4-mapped IPv6 address is 6, and is dialled as written. */
  readonly family: Family
  /** An IP address: dotted-quad IPv4, or IPv6 (RFC 4291 section 2.2) in any spelling, without brackets. */
  readonly address: string
  /** 1 to 65535; for an address to connect from, 0 is also allowed and means any free port. */
  readonly port: number
  /**
   * The interface of a link-local IPv6 address (RFC 4007 section 11), such as `eth0`. It may instead follow
   * `%` in `address`.
   */
  readonly zone?: string | undefined
}

const PORT_MAX = 65_535

type Fields = { readonly [Key in keyof AddrInfo]?: unknown }

/**
 * Checks that a port is a whole number in range.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkPort = (found: unknown, where: string, least: 0 | 1): number => {
  if (Number.isInteger(found) && (found as number) >= least && (found as number) <= PORT_MAX) {
    return found as number
  }
  throw invalidArgument(where, found, `a whole number from ${least} to ${PORT_MAX}`, 'number')
}

/**
 * Address and zone as one canonical text, so that different spellings of an address compare equal.
 *
 * @throws ERR_INVALID_ARG
 */
export const canonicalText = (address: unknown, zone: unknown, where: string): string => {
  const ip = typeof address === 'string' ? parseIp(address) : undefined
  if (!ip) {
    const allowed = 'an IP address without brackets and port'
    throw invalidArgument(`${where}.address`, address, allowed, 'string')
  }
  if (zone === undefined) return formatIp(ip)
  const { family, bytes } = ip
  const zoned = typeof zone === 'string' && parseIp(`${formatIp({ family, bytes })}%${zone}`)
  if (!zoned) {
    const allowed = 'the name of an interface, for an IPv6 address,'
    throw invalidArgument(`${where}.zone`, zone, allowed, 'string')
  }
  if (ip.zone !== undefined && ip.zone !== zone) {
    throw invalidArgument(`${where}.zone`, zone, 'the zone in its address, or none,', 'string')
  }
  return formatIp(zoned)
}

/**
 * Converts an AddrInfo to the engine's form: canonical text, zone included.
 *
 * @param where the argument's name at the caller, for messages
 * @param least the lowest port allowed
 * @throws ERR_INVALID_ARG with what was found, where, and what is allowed
 */
export const readAddrInfo = (found: unknown, where: string, least: 0 | 1 = 1): Endpoint => {
  const fields: Fields = checkObject(found, where, 'an object { family, address, port, zone? }')
  const { family, address, port, zone } = fields
  const text = canonicalText(address, zone, where)
  const actual: Family = text.includes(':') ? 6 : 4
  if (family !== actual) {
    throw invalidArgument(`${where}.family`, family, `${actual}, the family of ${text},`, 'number')
  }
  return { address: text, family: actual, port: checkPort(port, `${where}.port`, least) }
}

/** Converts an engine's endpoint to an AddrInfo, with the zone as a separate field. */
export const toAddrInfo = ({ address, family, port }: Endpoint): AddrInfo => {
  const [plain = '', zone] = address.split('%')
  return zone === undefined
    ? { family, address: plain, port }
    : { family, address: plain, port, zone }
}

/**
 * Reads a list of AddrInfos.
 *
 * @throws ERR_INVALID_ARG
 */
export const readAddrInfos = (found: unknown, where: string, least: 0 | 1 = 1): Endpoint[] => {
  if (!Array.isArray(found)) throw invalidArgument(where, found, 'an array of AddrInfo')
  return found.map((item, i) => readAddrInfo(item, `${where}[${i}]`, least))
}

/** An address and a port, without its family. */
export type Addr = Omit<AddrInfo, 'family'>

const familyFrom = (address: unknown): 4 | 6 =>
  typeof address === 'string' && address.includes(':') ? 6 : 4

/**
 * Converts an Addr to the engine's form.
 *
 * @throws ERR_INVALID_ARG
 */
export const readAddr = (found: unknown, where: string): Endpoint => {
  const allowed = 'an object { address, port, zone? }'
  const fields: { readonly [Key in keyof Addr]?: unknown } = checkObject(found, where, allowed)
  const { address, port, zone } = fields
  return readAddrInfo({ family: familyFrom(address), address, port, zone }, where, 0)
}

/**
 * Converts one address and port to a list with one AddrInfo, its address in canonical text, for
 * `localAddrInfos` and `startConnection`.
 *
 * @param addr its port may be 0, any free port, for an address to connect from. null returns null
 * @throws ERR_INVALID_ARG for anything else
 */
export const addrToAddrInfos: {
  (addr: Addr): AddrInfo[]
  (addr: null): null
  (addr: Addr | null): AddrInfo[] | null
} = ((addr: Addr | null): AddrInfo[] | null =>
  addr === null ? null : [toAddrInfo(readAddr(addr, 'addr'))]) as typeof addrToAddrInfos
