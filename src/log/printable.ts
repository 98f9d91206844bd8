/**
 * A text that is safe on a terminal: control characters, which a client can put into names, are shown
 * as `\x1b` and do nothing. Line breaks are control characters too, so one text stays one line.
 */
export const printable = (text: string): string =>
  text.replace(
    // The control characters are what is looked for.
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    char => {
      const code = char.charCodeAt(0)
      return code < 256
        ? `\\x${code.toString(16).padStart(2, '0')}`
        : `\\u${code.toString(16).padStart(4, '0')}`
    },
  )
