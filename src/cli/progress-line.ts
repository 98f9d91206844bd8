import { clip } from '../log/display-width.ts'
import { printable } from '../log/show-race.ts'
import type { OnStep } from './side-by-side.ts'
import type { CliIo, Output } from './types.ts'

/** Returns to the first column and erases the line (ECMA-48 sections 8.3.15 and 8.3.41). */
const ERASE = '\r\u001b[K'

/** The width of a terminal that does not say. */
const DEFAULT_COLUMNS = 80

/** One line at the bottom of a terminal. */
export type Notice = {
  /** Shows a text in place of the one before. */
  readonly show: (text: string) => void
  /** Removes the line: call it before anything else is written to the terminal. */
  readonly erase: () => void
}

/**
 * @param output standard error; nothing is written to it unless it is a terminal that can erase a line. Null: no line
 */
export const createNotice = (output: Output | null, { TERM }: CliIo['env']): Notice => {
  if (output?.isTTY !== true || TERM === 'dumb') return { show: () => {}, erase: () => {} }
  let isDrawn = false
  return {
    show: text => {
      // A line that is as wide as the terminal would wrap, and could not be erased.
      const line = clip(printable(text), (output.columns ?? DEFAULT_COLUMNS) - 1)
      output.write(`${ERASE}${line}`)
      isDrawn = true
    },
    erase: () => {
      if (isDrawn) output.write(ERASE)
      isDrawn = false
    },
  }
}

/** A notice that says how far a command is. */
export type ProgressLine = {
  readonly step: OnStep
  /** As that of a notice. The next step draws the line again. */
  readonly erase: () => void
}

/**
 * @param total how many there are; for one there is no line
 * @param what what they are, for people: `races`
 */
export const createProgressLine = (
  { show, erase }: Notice,
  total: number,
  what: string,
): ProgressLine => {
  if (total < 2) return { step: () => {}, erase: () => {} }
  return {
    erase,
    step: ({ running, done }) => {
      if (running.length === 0) erase()
      else show(`${done} of ${total} ${what} done; under way: ${running.join(', ')}`)
    },
  }
}
