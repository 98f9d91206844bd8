// A configuration nests six deep. A parser that follows thousands runs out of stack, at worst with the whole process.
const BRACKETS_MAX = 100
const BLOCKS_MAX_CHARS = 200
const DEEP_BLOCKS = new RegExp(String.raw`^[ \t?-]{${BLOCKS_MAX_CHARS}}`, 'm')

/**
 * Where a YAML text may nest deeper than any configuration does: open brackets, or indentation,
 * of which each level of a block needs a column. It may count a bracket in quotes, so the bounds are
 * far above honest use.
 *
 * @returns the offset of the bracket or line that is one too many; undefined where none is
 */
export const nestingTooDeepAt = (text: string): number | undefined => {
  let open = 0
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1)
    if (open > BRACKETS_MAX) return index
  }
  return DEEP_BLOCKS.exec(text)?.index
}
