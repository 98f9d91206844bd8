/** Characters of no width: combining marks, joiners, variation selectors. */
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u{fe00}-\u{fe0f}]$/u

/** Characters of two columns: East Asian wide and fullwidth ones (UAX #11), and emoji. */
const WIDE =
  /^[\u{1100}-\u{115f}\u{2329}\u{232a}\u{2e80}-\u{303e}\u{3041}-\u{33ff}\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{a000}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}$/u

/** What most names are made of; the quick way. */
const PLAIN = /^[\u{20}-\u{7e}]*$/u

const widthOf = (char: string): number => (ZERO_WIDTH.test(char) ? 0 : WIDE.test(char) ? 2 : 1)

/** The columns that a printable text (`printable`) takes on a terminal. */
export const displayWidth = (text: string): number => {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const char of text) width += widthOf(char)
  return width
}

/** What stands for the rest of a text that is too long. */
const ELLIPSIS = '…'

/**
 * Cuts a printable text to so many columns; what is cut ends in `…`.
 *
 * @param columns below 1 leaves nothing
 */
export const clip = (text: string, columns: number): string => {
  if (displayWidth(text) <= columns) return text
  if (columns < 1) return ''
  let cut = ''
  let width = 0
  for (const char of text) {
    width += widthOf(char)
    if (width > columns - 1) break
    cut += char
  }
  return cut + ELLIPSIS
}

/** A printable text in exactly so many columns: cut, or filled with spaces. */
export const fit = (text: string, columns: number, side: 'left' | 'right' = 'left'): string => {
  const cut = clip(text, columns)
  const fill = ' '.repeat(Math.max(0, columns - displayWidth(cut)))
  return side === 'left' ? `${cut}${fill}` : `${fill}${cut}`
}
