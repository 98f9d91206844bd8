/** The most characters of a text that a message shows. */
const SHOWN_MAX_CHARACTERS = 200

/** Quotes a text in a message: shortened, and with control characters as escapes, since the text may hold anything. */
export const quote = (text: string): string =>
  JSON.stringify(
    text.length > SHOWN_MAX_CHARACTERS ? `${text.slice(0, SHOWN_MAX_CHARACTERS)}...` : text,
  )
