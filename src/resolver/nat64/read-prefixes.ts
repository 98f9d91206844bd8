import type { Cidr } from '../../core/cidr.ts'
import { formatCidr } from '../../core/cidr.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { NAT64_PREFIX_LENGTHS, U_OCTET, nat64PrefixOf } from '../../core/nat64-prefix.ts'
import { ipv4At } from './rfc6052.ts'

/** RFC 7050 section 2.2: the only addresses of ipv4only.arpa. Its AAAA records are synthesized from them. */
const WELL_KNOWN: readonly string[] = ['192.0.0.170', '192.0.0.171']

/** A match of a well-known IPv4 address in an IPv6 address. */
type Find = { readonly prefix: Cidr; readonly text: string; readonly ipv4: string }

const findsIn = (address: string): readonly Find[] => {
  const { bytes } = parseIp(address) ?? {}
  // ::/64 contains mapped addresses and similar formats, and is not routed to a NAT64.
  if (bytes?.length !== 16 || bytes.subarray(0, 8).every(byte => byte === 0)) return []
  if (bytes[U_OCTET] !== 0) return []
  return NAT64_PREFIX_LENGTHS.flatMap(length => {
    const ipv4 = formatIp(ipv4At(bytes, length))
    const prefix = nat64PrefixOf(bytes, length)
    return WELL_KNOWN.includes(ipv4) ? [{ prefix, text: formatCidr(prefix), ipv4 }] : []
  })
}

/**
 * Returns the NAT64 prefixes of the AAAA records of ipv4only.arpa (RFC 7050 section 3), in the order of the
 * answer. An address may match at several positions because its prefix contains a well-known IPv4 address;
 * then only a prefix counts that was found with both well-known addresses.
 *
 * @param addresses the AAAA records; addresses without a match are ignored
 */
export const readPrefixes = (addresses: readonly string[]): readonly Cidr[] => {
  const all = addresses.map(findsIn)
  const seen = new Map<string, Set<string>>()
  for (const { text, ipv4 } of all.flat()) {
    seen.set(text, (seen.get(text) ?? new Set<string>()).add(ipv4))
  }
  const found = new Map<string, Cidr>()
  for (const finds of all) {
    for (const { prefix, text } of finds) {
      if (finds.length === 1 || seen.get(text)?.size === WELL_KNOWN.length) found.set(text, prefix)
    }
  }
  return [...found.values()]
}
