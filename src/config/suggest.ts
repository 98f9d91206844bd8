/** The number of single-character edits (insert, delete, replace, swap of neighbours) from one word to another. */
export const editDistance = (from: string, to: string): number => {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[j - 2] ?? 0) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = row
  }
  return last[to.length] ?? 0
}

/** A longer word is not a typing mistake, and comparing it would be slow. */
const LONGEST_WORD = 64

/**
 * The known word that a misspelt one most likely means: ignoring case, with at most a third of it wrong, or
 * the beginning of exactly one known word.
 *
 * @returns undefined if no word is near
 */
export const suggest = (found: string, known: readonly string[]): string | undefined => {
  if (found.length > LONGEST_WORD) return undefined
  const word = found.toLowerCase()
  const near = known
    .map(name => ({ name, distance: editDistance(word, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  if (near[0]) return near[0].name
  const begun = known.filter(name => word.length >= 3 && name.toLowerCase().startsWith(word))
  return begun.length === 1 ? begun[0] : undefined
}

/** The end of a message: `; did you mean "listen"?`, or an empty text if no known word is near. */
export const didYouMean = (found: string, known: readonly string[]): string => {
  const name = suggest(found, known)
  return name === undefined ? '' : `; did you mean "${name}"?`
}
