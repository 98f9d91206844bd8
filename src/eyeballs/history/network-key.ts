import { parseIp, unmapIp } from '../../core/ip.ts'

/**
 * The network that an address is taken to share its fate with: an IPv6 address its /48, an IPv4
 * address its /24. A NAT64 address goes by the IPv4 address that it stands for, apart from IPv4's own
 * way there. A zone keeps link-local networks apart.
 *
 * @param embedded the IPv4 address that a NAT64 address stands for
 */
export const networkKey = (address: string, embedded?: string): string => {
  const parsed = parseIp(embedded ?? address)
  if (!parsed) return address
  const { family, bytes } = unmapIp(parsed)
  const prefix = bytes.subarray(0, family === 4 ? 3 : 6).join('.')
  if (embedded !== undefined) return `nat64 ${prefix}`
  return parsed.zone === undefined ? prefix : `${prefix} ${parsed.zone}`
}
