import { formatIp } from '../../core/ip.ts'

const V4_OCTETS = 3
const V6_OCTETS = 6

/**
 * A key of `networkKey` for people: `192.0.2.0/24`, `2001:db8::/48`, `fe80::/48 eth0`, and `192.0.2.0/24 by NAT64`.
 * A key that is no network is returned unchanged.
 */
export const networkText = (key: string): string => {
  const [, nat64, octets = '', zone] = /^(nat64 )?(\d+(?:\.\d+)*)(?: (.+))?$/.exec(key) ?? []
  const given = octets.split('.').map(Number)
  if (given.length !== V4_OCTETS && given.length !== V6_OCTETS) return key
  const family = given.length === V4_OCTETS ? 4 : 6
  const bytes = new Uint8Array(family === 4 ? 4 : 16)
  bytes.set(given)
  const network = `${formatIp({ family, bytes })}/${8 * given.length}`
  if (nat64 !== undefined) return `${network} by NAT64`
  return zone === undefined ? network : `${network} ${zone}`
}
