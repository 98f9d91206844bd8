import { parseIp, unmapIp } from '../../core/ip.ts'

/**
 * The network whose failures an address is assumed to share: the /48 of an IPv6 address, the /24 of an IPv4
 * address. A NAT64 address uses the IPv4 address in it, but apart from native IPv4, which takes another
 * path. The zone separates link-local networks.
 *
 * @param embedded the IPv4 address in a NAT64 address
 */
export const networkKey = (address: string, embedded?: string): string => {
  const parsed = parseIp(embedded ?? address)
  if (!parsed) return address
  const { family, bytes } = unmapIp(parsed)
  const prefix = bytes.subarray(0, family === 4 ? 3 : 6).join('.')
  if (embedded !== undefined) return `nat64 ${prefix}`
  return parsed.zone === undefined ? prefix : `${prefix} ${parsed.zone}`
}
