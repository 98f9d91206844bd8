import type { Endpoint } from '../net/types.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfo, toAddrInfo } from './addr-info.ts'
import { checkObject } from './check-argument.ts'

/** An address and a port, without its family. */
export type Addr = Omit<AddrInfo, 'family'>

const familyFrom = (address: unknown): 4 | 6 =>
  typeof address === 'string' && address.includes(':') ? 6 : 4

/**
 * Reads an Addr as the engine has it.
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
 * One address and port as a list of one AddrInfo, its address in canonical text: what
 * `localAddrInfos` and `startConnection` take.
 *
 * @param addr its port may be 0, any free one, for an address to connect from. null gives null
 * @throws ERR_INVALID_ARG for anything else
 */
export const addrToAddrInfos: {
  (addr: Addr): AddrInfo[]
  (addr: null): null
  (addr: Addr | null): AddrInfo[] | null
} = ((addr: Addr | null): AddrInfo[] | null =>
  addr === null ? null : [toAddrInfo(readAddr(addr, 'addr'))]) as typeof addrToAddrInfos
