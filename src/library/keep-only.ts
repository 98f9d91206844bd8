/** Removes the other items from a list, in place. All tests run before the list changes. */
export const keepOnly = <T>(list: T[], keep: (item: T, i: number) => boolean): void => {
  const kept = list.filter(keep)
  for (const [i, item] of kept.entries()) list[i] = item
  list.length = kept.length
}
