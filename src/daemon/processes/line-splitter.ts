import { StringDecoder } from 'node:string_decoder'

/**
 * Splits a process's output into lines, which keep their line breaks. `end` emits an unfinished last line,
 * which a process leaves when it dies.
 */
export const createLineSplitter = (
  onLine: (line: string) => void,
): { readonly take: (bytes: Buffer) => void; readonly end: () => void } => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    take: bytes => {
      const text = rest + decoder.write(bytes)
      let from = 0
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        onLine(text.slice(from, end + 1))
        from = end + 1
      }
      rest = text.slice(from)
    },
    end: () => {
      if (rest !== '') onLine(`${rest}\n`)
      rest = ''
    },
  }
}
