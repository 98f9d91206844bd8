/**
 * Makes a text safe for a terminal: control characters, which a client can put into names, appear as `\x1b`
 * and have no effect. This includes line breaks, so one text stays on one line.
 */
export const printable = (text: string): string =>
  text.replace(
    // The pattern has to match control characters.
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    char => {
      const code = char.charCodeAt(0)
      return code < 256
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`
    },
  )

/** SGR codes (ECMA-48 section 8.3.117) of the colours in use. */
const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const

export type Colour = keyof typeof CODES

/** Colours a text, or returns it unchanged if colours are off. */
export type Paint = (colour: Colour, text: string) => string

export const createPaint = (color: boolean): Paint =>
  color ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_, text) => text
