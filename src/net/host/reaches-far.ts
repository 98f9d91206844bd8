import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, parseCidr } from '../../core/cidr.ts'
import { parseIp } from '../../core/ip.ts'

/** Loopback and link-local: addresses that reach nothing far away. */
const NEAR: readonly Cidr[] = ['127.0.0.0/8', '169.254.0.0/16', '::1/128', 'fe80::/10']
  .map(parseCidr)
  .filter(cidr => cidr !== undefined)

/** Whether an address (null: there is none) is of use beyond this host and its links. */
export const reachesFar = (address: string | null): boolean => {
  const ip = address === null ? undefined : parseIp(address)
  return ip !== undefined && !NEAR.some(cidr => cidrContains(cidr, ip))
}
