import { StringDecoder } from 'node:string_decoder'

/**
 * Cuts what comes from a process into lines, whose breaks stay with them. What comes without one at the
 * end, of a process that died, is given as a line of its own by `end`.
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
