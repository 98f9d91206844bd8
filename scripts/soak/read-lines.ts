import { StringDecoder } from 'node:string_decoder'
import type { LogLine } from '../../test/fixtures/start-eyeballd.ts'

export type LineReader = {
  readonly take: (chunk: Buffer) => void
  /** What has come behind the last newline: of a process that was killed, a line that it had not finished. */
  readonly rest: () => string
  /** Lines that are no JSON object with the fields that every line has. */
  readonly invalid: readonly string[]
  readonly lines: () => number
}

const parse = (text: string): LogLine | undefined => {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null
    const isWhole =
      typeof line?.level === 'number' &&
      typeof line.time === 'number' &&
      typeof line.event === 'string' &&
      typeof line.msg === 'string'
    return isWhole ? (line as LogLine) : undefined
  } catch {
    return undefined
  }
}

/** Splits a log into lines, however its bytes are cut, and parses each. */
export const createLineReader = (onLine: (line: LogLine, text: string) => void): LineReader => {
  const decoder = new StringDecoder('utf8')
  const invalid: string[] = []
  let lines = 0
  let partial = ''
  return {
    take: chunk => {
      const parts = (partial + decoder.write(chunk)).split('\n')
      partial = parts.pop() ?? ''
      for (const text of parts) {
        lines++
        const line = parse(text)
        if (line) onLine(line, text)
        else invalid.push(text)
      }
    },
    rest: () => partial,
    invalid,
    lines: () => lines,
  }
}
