import type { LogLevel } from './types.ts'

/** SGR codes (ECMA-48 section 8.3.117) of the colours in use. */
const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const

export type Colour = keyof typeof CODES

/** Colours a text, or returns it unchanged if colours are off. */
export type Paint = (colour: Colour, text: string) => string

export const createPaint = (color: boolean): Paint =>
  color ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text

export const LEVEL_COLOURS: Readonly<Record<Exclude<LogLevel, 'silent'>, Colour>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
}
