import type { Ip } from '../../core/ip.ts'
import { formatIp } from '../../core/ip.ts'
import type { ProxyEnd, ProxyEnds } from './header.ts'
import { COMMAND, FIXED_BYTES, PROTOCOL, SIGNATURE } from './header.ts'

/** The versions of the PROXY protocol. */
export type ProxyVersion = 1 | 2

/** The protocol has no place for zones. */
const addressText = ({ family, bytes }: Ip): string => formatIp({ family, bytes })

const encodeLine = (ends: ProxyEnds | null): Uint8Array => {
  const encoder = new TextEncoder()
  // A line has one family only, and version 1 has no mapped addresses (section 2.1).
  if (!ends || ends.source.ip.family !== ends.destination.ip.family) {
    return encoder.encode('PROXY UNKNOWN\r\n')
  }
  const { source, destination } = ends
  const addresses = `${addressText(source.ip)} ${addressText(destination.ip)}`
  const ports = `${source.port} ${destination.port}`
  return encoder.encode(`PROXY TCP${source.ip.family} ${addresses} ${ports}\r\n`)
}

/** The 16 octets of an address, an IPv4 address as IPv4-mapped (RFC 4291 section 2.5.5.2). */
const mapped = ({ family, bytes }: Ip): readonly number[] =>
  family === 6 ? [...bytes] : [...new Uint8Array(10), 0xff, 0xff, ...bytes]

const portOctets = ({ port }: ProxyEnd): readonly number[] => [port >> 8, port & 0xff]

const encodeBinary = (ends: ProxyEnds | null): Uint8Array => {
  const families = ends ? [ends.source.ip.family, ends.destination.ip.family] : []
  const isIpv4 = !families.includes(6)
  const octetsOf = (ip: Ip): readonly number[] => (isIpv4 ? [...ip.bytes] : mapped(ip))
  const addresses = ends
    ? [
        ...octetsOf(ends.source.ip),
        ...octetsOf(ends.destination.ip),
        ...portOctets(ends.source),
        ...portOctets(ends.destination),
      ]
    : []
  const known = isIpv4 ? PROTOCOL.tcp4 : PROTOCOL.tcp6
  const header = new Uint8Array(FIXED_BYTES + addresses.length)
  header.set(SIGNATURE)
  const protocol = ends ? known : PROTOCOL.unspecified
  header.set([COMMAND.proxy, protocol, 0, addresses.length], SIGNATURE.length)
  header.set(addresses, FIXED_BYTES)
  return header
}

/**
 * Encodes a header for a connection to a target. If the families of the two ends differ, version 2 maps the
 * IPv4 address into IPv6, and version 1 says UNKNOWN.
 *
 * @param ends null for a client without an IP address
 */
export const encodeHeader = (version: ProxyVersion, ends: ProxyEnds | null): Uint8Array =>
  version === 1 ? encodeLine(ends) : encodeBinary(ends)
