import { formatHostPort } from '../core/host-port.ts'
import type { Family } from '../core/ip.ts'
import { interleave as interleaveFamilies } from '../eyeballs/order/interleave.ts'
import type { Endpoint } from '../net/network.ts'
import type { Addr, AddrInfo } from './addr-info.ts'
import { readAddr, readAddrInfos } from './addr-info.ts'
import { checkWhole, invalidArgument } from './check-argument.ts'

/**
 * Interleaves the families of a list (RFC 8305 section 4): the family of its first address comes first,
 * then the families alternate; within a family the order stays.
 *
 * @param count First Address Family Count: how many addresses of the first family come before the first of
 *   the other. A whole number; 1 by default, 0 leaves the order unchanged
 * @returns a new list of the same objects
 * @throws ERR_INVALID_ARG
 */
export const interleaveAddrInfos = <A extends AddrInfo>(
  addrInfos: readonly A[],
  count = 1,
): A[] => {
  readAddrInfos(addrInfos, 'addrInfos', 0)
  return checkWhole(count, 'count', 0) === 0 ? [...addrInfos] : interleaveFamilies(addrInfos, count)
}

/** Removes the other items from a list, in place. All tests run before the list changes. */
export const keepOnly = <T>(list: T[], keep: (item: T, i: number) => boolean): void => {
  const kept = list.filter(keep)
  for (const [i, item] of kept.entries()) list[i] = item
  list.length = kept.length
}

/**
 * Removes the first `interleave` addresses of each family from a list, in place: the addresses that a race
 * has tried. Use it if the winner failed after the connect and its address is unknown. The same addresses
 * further on are kept.
 *
 * @param interleave a whole number, 0 (removes nothing) or more; 1 by default
 * @throws ERR_INVALID_ARG
 */
export const popAddrInfosInterleave = (addrInfos: AddrInfo[], interleave = 1): void => {
  readAddrInfos(addrInfos, 'addrInfos', 0)
  const count = checkWhole(interleave, 'interleave', 0)
  const seen = new Map<Family, number>()
  keepOnly(addrInfos, ({ family }) => {
    const before = seen.get(family) ?? 0
    seen.set(family, before + 1)
    return before >= count
  })
}

const textOf = ({ address, port }: Endpoint): string => formatHostPort({ host: address, port })

/**
 * Removes an address from a list, in place: every entry with this address, port and zone, in any spelling.
 * Use it so that an address which connected and then failed is not tried again.
 *
 * @throws ERR_INVALID_ARG if the address is invalid or not in the list; the list then stays unchanged
 */
export const removeAddrInfos = (addrInfos: AddrInfo[], address: Addr): void => {
  const texts = readAddrInfos(addrInfos, 'addrInfos', 0).map(textOf)
  const wanted = textOf(readAddr(address, 'address'))
  if (!texts.includes(wanted)) {
    const allowed = `one of the list (${texts.join(', ') || 'empty'})`
    throw invalidArgument('address', wanted, allowed, 'string')
  }
  keepOnly(addrInfos, (_, i) => texts[i] !== wanted)
}
