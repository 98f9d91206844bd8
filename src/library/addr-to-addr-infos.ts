import type { Endpoint } from '../net/types.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfo, toAddrInfo } from './addr-info.ts'
import { checkObject } from './check-argument.ts'

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
