/** Takes out of a list, in place, what shall not be kept. The test runs before the list is touched. */
export const keepOnly = <T>(list: T[], keep: (item: T, i: number) => boolean): void => {
  const kept = list.filter(keep)
  for (const [i, item] of kept.entries()) list[i] = item
  list.length = kept.length
}
