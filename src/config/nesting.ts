// A configuration nests six levels deep. With thousands of levels the YAML parser would overflow the stack,
// which can end the whole process.
const BRACKETS_MAX = 100
const BLOCKS_MAX_CHARS = 200
const DEEP_BLOCKS = new RegExp(String.raw`^[ \t?-]{${BLOCKS_MAX_CHARS}}`, 'm')

/**
 * Finds where a YAML text may nest deeper than any configuration: by open brackets, or by indentation,
 * since each block level needs at least one column. Brackets in quotes are counted too, so the bounds are
 * far above what a configuration needs.
 *
 * @returns the offset of the first bracket or line beyond the bound; undefined if there is none
 */
export const nestingTooDeepAt = (text: string): number | undefined => {
  let open = 0
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1)
    if (open > BRACKETS_MAX) return index
  }
  return DEEP_BLOCKS.exec(text)?.index
}
