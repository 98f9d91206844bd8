import { parseIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'

/** Whether an address (null: none) is usable beyond this host and its links. */
export const reachesFar = (address: string | null): boolean => {
  const ip = address === null ? undefined : parseIp(address)
  return ip !== undefined && !isSpecial('loopback', ip) && !isSpecial('link-local', ip)
}
