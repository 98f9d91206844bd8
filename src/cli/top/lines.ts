import { clip, displayWidth } from '../../log/display-width.ts'
import type { Colour } from '../../log/show-race.ts'
import { createPaint, printable } from '../../log/show-race.ts'

/** A part of a line; plain parts have no colour. */
export type Part = readonly [text: string, colour?: Colour | undefined]

/** One line of the screen; it has no line break. */
export type Line = readonly Part[]

/** The text of a line, cut to the columns. */
export const lineText = (line: Line, columns: number, color: boolean): string => {
  const paint = createPaint(color)
  let left = columns
  let text = ''
  for (const [part, colour] of line) {
    const cut = clip(printable(part), left)
    left -= displayWidth(cut)
    if (cut !== '') text += colour === undefined ? cut : paint(colour, cut)
  }
  return text
}
