import { clip } from '../log/display-width.ts'
import { printable } from '../log/show-race.ts'
import type { OnStep } from './side-by-side.ts'
import type { Output } from './types.ts'

/** Returns to the first column and erases the line (ECMA-48 sections 8.3.15 and 8.3.41). */
const ERASE = '\r\u001b[K'

/** The width of a terminal that does not say. */
const DEFAULT_COLUMNS = 80

/** One line at the bottom of a terminal that says how far a command is. */
export type ProgressLine = {
  readonly step: OnStep
  /** Removes the line: call it before anything else is written to the terminal. The next step draws it again. */
  readonly erase: () => void
}

/**
 * @param output standard error; nothing is written to it unless it is a terminal
 * @param total how many there are; for one there is no line
 * @param what what they are, for people: `races`
 */
export const createProgressLine = (output: Output, total: number, what: string): ProgressLine => {
  if (!output.isTTY || total < 2) return { step: () => {}, erase: () => {} }
  let isDrawn = false
  const erase = (): void => {
    if (isDrawn) output.write(ERASE)
    isDrawn = false
  }
  return {
    erase,
    step: ({ running, done }) => {
      if (running.length === 0) return erase()
      const text = `${done} of ${total} ${what} done; under way: ${running.join(', ')}`
      // A line that is as wide as the terminal would wrap, and could not be erased.
      const line = clip(printable(text), (output.columns ?? DEFAULT_COLUMNS) - 1)
      output.write(`${ERASE}${line}`)
      isDrawn = true
    },
  }
}
