import type { Family } from '../core/family.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import { checkWhole } from './check-argument.ts'
import { keepOnly } from './keep-only.ts'

/**
 * Takes the first `interleave` addresses of each family out of a list, in place: those that a race
 * has tried, where its winner failed past the connect and nothing is known of the winner. The same
 * addresses further on are kept.
 *
 * @param interleave a whole number, 0 (takes nothing) or more; 1 by default
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
