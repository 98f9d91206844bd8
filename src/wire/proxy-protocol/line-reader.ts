import type { Family } from '../../core/ip.ts'
import { parseIp } from '../../core/ip.ts'
import type { HeaderReading, ProxyEnd, ProxyHeader, ReadHeader } from './header.ts'

/** The longest line of version 1, with its CRLF (section 2.1). */
export const LINE_MAX_BYTES = 107

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20

/** One word of a line. */
type Word = {
  readonly name: string
  /** Whether a valid word may begin so. */
  readonly mayBegin: (start: string) => boolean
  readonly isValid: (word: string) => boolean
}

const oneOf = (name: string, ...words: readonly string[]): Word => ({
  name,
  mayBegin: start => words.some(word => word.startsWith(start)),
  isValid: word => words.includes(word),
})

const ADDRESS_CHARACTERS: Readonly<Record<Family, RegExp>> = {
  4: /^[\d.]{0,15}$/,
  6: /^[\da-fA-F:.]{0,45}$/,
}

const address = (name: string, family: Family): Word => ({
  name,
  mayBegin: start => ADDRESS_CHARACTERS[family].test(start),
  isValid: word => parseIp(word)?.family === family,
})

/** A port has no leading zeros, because some parsers would read it as octal (section 2.1). */
const port = (name: string): Word => ({
  name,
  mayBegin: start => /^(?:0|[1-9]\d{0,4})?$/.test(start) && Number(start) <= 0xffff,
  isValid: word => word !== '',
})

const UNKNOWN = 'UNKNOWN'
const START: readonly Word[] = [
  oneOf('signature', 'PROXY'),
  oneOf('protocol', 'TCP4', 'TCP6', UNKNOWN),
]

const lineOf = (family: Family): readonly Word[] => [
  ...START,
  address('source address', family),
  address('destination address', family),
  port('source port'),
  port('destination port'),
]

const LINES: Readonly<Record<string, readonly Word[]>> = { TCP4: lineOf(4), TCP6: lineOf(6) }
const LINE_WORDS = 6

const MORE: HeaderReading = { type: 'more' }

const invalid = (message: string): HeaderReading => ({ type: 'invalid', message })

const endOf = (host = '', written = ''): ProxyEnd | undefined => {
  const ip = parseIp(host)
  return ip && { ip, port: Number(written) }
}

const headerOf = ([, , ...fields]: readonly string[]): ProxyHeader => {
  const [from, to, fromPort, toPort] = fields
  const source = endOf(from, fromPort)
  const destination = endOf(to, toPort)
  return source && destination ? { type: 'proxied', source, destination } : { type: 'unknown' }
}

/**
 * Creates a reader of version 1, a line of text (section 2.1). Each byte is examined once. A byte that the
 * current word cannot contain is invalid at once, and a word as a whole when it is complete.
 */
export const createLineReader = (): ReadHeader => {
  let expected = START
  const words: string[] = []
  let word = ''
  let size = 0
  let afterCr = false

  /** Completes the current word; false if it is invalid. */
  const endWord = (): boolean => {
    if (expected[words.length]?.isValid(word) !== true) return false
    expected = LINES[word] ?? expected
    words.push(word)
    word = ''
    return true
  }

  /** Whether the line may go on with this byte. */
  const accept = (byte: number): boolean => {
    // After UNKNOWN, everything up to the CRLF is ignored.
    if (words[1] === UNKNOWN) return true
    if (afterCr) return byte === LF
    const isLast = words.length === LINE_WORDS - 1
    if (byte === SPACE) return !isLast && endWord()
    if (byte === CR) return (isLast || word === UNKNOWN) && endWord()
    word += String.fromCharCode(byte)
    return expected[words.length]?.mayBegin(word) === true
  }

  return bytes => {
    for (const [at, byte] of bytes.entries()) {
      size++
      const isEnd = afterCr && byte === LF
      const { name = 'end' } = expected[words.length] ?? {}
      if (!accept(byte)) {
        return invalid(`the PROXY protocol header has an invalid ${name}, found at byte ${size}`)
      }
      afterCr = byte === CR
      if (isEnd) return { type: 'header', header: headerOf(words), rest: bytes.subarray(at + 1) }
      // Before the LF there is a CR.
      if (LINE_MAX_BYTES - size < (afterCr ? 1 : 2)) {
        return invalid(`the PROXY protocol header has no end within ${LINE_MAX_BYTES} bytes`)
      }
    }
    return MORE
  }
}
