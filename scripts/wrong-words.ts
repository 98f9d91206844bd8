/**
 * What is wrong with the words of a command, from an error of `parseArgs`: its first sentence. The others say how to
 * write a word that begins with a dash, in quotes that do not close.
 */
export const wrongWords = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(/\.?\n|\. /, 1)[0] ?? message
}
