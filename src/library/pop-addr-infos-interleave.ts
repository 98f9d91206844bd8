import type { Family } from '../core/ip.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import { checkWhole } from './check-argument.ts'
import { keepOnly } from './keep-only.ts'

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
