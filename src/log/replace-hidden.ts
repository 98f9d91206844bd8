/** A text to hide, and where an occurrence of it counts. */
export type HiddenText = {
  /** Not empty; the case is ignored. */
  readonly text: string
  /**
   * Whether an occurrence counts.
   *
   * @param before the two UTF-16 code units before it, fewer at the beginning
   * @param after the two UTF-16 code units behind it, fewer at the end
   */
  readonly isHidden: (before: string, after: string) => boolean
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')

const NEIGHBOURS_UNITS = 2

const nextCodePoint = (text: string, at: number): number =>
  at + ((text.codePointAt(at) ?? 0) > 0xff_ff ? 2 : 1)

/**
 * Returns a function that replaces all hidden texts, the longest first. The conditions are no part of the regular
 * expression: each line of the log has texts of its own, and compiling one with classes of Unicode letters takes 40
 * times as long.
 *
 * @param hidden one or more
 */
export const createReplaceHidden = (
  hidden: readonly HiddenText[],
  replacement: string,
): ((text: string) => string) => {
  const ordered = hidden.toSorted((a, b) => b.text.length - a.text.length)
  const any = new RegExp([...new Set(ordered.map(each => escape(each.text)))].join('|'), 'giu')
  /** Each by itself, made when an occurrence is found. */
  const alone = new Map<string, RegExp>()

  const matchAt = (line: string, text: string, at: number): string | undefined => {
    const pattern = alone.get(text) ?? new RegExp(escape(text), 'iuy')
    alone.set(text, pattern)
    pattern.lastIndex = at
    return pattern.exec(line)?.[0]
  }

  /** The end of the hidden text that begins there; undefined if there is none. */
  const endOf = (line: string, at: number): number | undefined => {
    const before = line.slice(Math.max(0, at - NEIGHBOURS_UNITS), at)
    for (const { text, isHidden } of ordered) {
      const found = matchAt(line, text, at)
      if (found === undefined) continue
      const end = at + found.length
      if (isHidden(before, line.slice(end, end + NEIGHBOURS_UNITS))) return end
    }
    return undefined
  }

  return line => {
    let replaced = ''
    let from = 0
    any.lastIndex = 0
    for (let found = any.exec(line); found; found = any.exec(line)) {
      const end = endOf(line, found.index)
      any.lastIndex = end ?? nextCodePoint(line, found.index)
      if (end === undefined) continue
      replaced += line.slice(from, found.index) + replacement
      from = end
    }
    return replaced + line.slice(from)
  }
}
