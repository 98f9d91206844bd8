import { fail } from '../../core/fail.ts'
import type { Family } from '../../core/ip.ts'

const ownFamily = ({ family }: { readonly family: Family }): Family => family

/**
 * Interleaves the families of a sorted list (RFC 8305 section 4), so that a family that does not work costs
 * one attempt instead of one for each of its addresses. The family of the first item comes first; within a
 * family the order stays.
 *
 * @param count First Address Family Count, 1 or more: how many of the first family come before the first of
 *   another
 * @param familyOf the family that an item counts as; its own by default
 * @returns a new array of the same items
 * @throws ERR_INVALID_ARG if `count` is not a whole number above 0
 */
export const interleave = <T extends { readonly family: Family }>(
  list: readonly T[],
  count = 1,
  familyOf: (item: T) => Family = ownFamily,
): T[] => {
  if (!Number.isInteger(count) || count < 1) {
    throw fail(
      'ERR_INVALID_ARG',
      `the first address family count is ${count}: a whole number above 0 is allowed`,
      { found: count },
    )
  }
  const byFamily = new Map<Family, T[]>()
  for (const item of list) {
    const family = familyOf(item)
    const others = byFamily.get(family)
    if (others) others.push(item)
    else byFamily.set(family, [item])
  }
  const families = [...byFamily.values()]
  const mixed = families[0]?.splice(0, count - 1) ?? []
  const longest = Math.max(0, ...families.map(({ length }) => length))
  for (let turn = 0; turn < longest; turn++) {
    for (const family of families) {
      const item = family[turn]
      if (item !== undefined) mixed.push(item)
    }
  }
  return mixed
}
