import { interleave } from '../eyeballs/order/interleave.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import { checkWhole } from './check-argument.ts'

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
  return checkWhole(count, 'count', 0) === 0 ? [...addrInfos] : interleave(addrInfos, count)
}
