import { LABEL_MAX_CHARACTERS, NAME_MAX_CHARACTERS } from '../../core/host-port.ts'
import type { RecordType } from '../../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { classifyHost } from '../literal.ts'
import type { FileReader } from '../watched-file.ts'
import type { HostsTable } from './table.ts'
import { createHostsTable } from './table.ts'

/** An incremental parser of /etc/hosts. */
type HostsParser = {
  /** Parses the next piece of the text, which may end anywhere. */
  readonly take: (text: string) => void
  /** Returns the table of all pieces. */
  readonly end: () => HostsTable
}

/** Longer lines are truncated. */
const LINE_MAX_CHARACTERS = 65_536

const DOT = 0x2e
const HASH = 0x23

/** Spaces, and the control characters that the C library treats as spaces. */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 9 && code <= 13)

const isLowerLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/**
 * Whether a part of a text is a name that `classifyHost` returns unchanged, and its last label begins with
 * a letter. This holds for nearly all names of a blocklist, and takes a tenth of the time of
 * `classifyHost`.
 */
const isPlainName = (text: string, from: number, to: number): boolean => {
  let label = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      if (label === 0) return false
      label = 0
    } else {
      if (!isLowerLetter(code) && !isDigit(code) && code !== 0x2d && code !== 0x5f) return false
      if (++label > LABEL_MAX_CHARACTERS) return false
    }
  }
  return label > 0 && to - from <= NAME_MAX_CHARACTERS && isLowerLetter(text.charCodeAt(to - label))
}

/** Returns the name in a part of a text; undefined for an address or an invalid name. */
const nameAt = (text: string, from: number, to: number): string | undefined => {
  const word = text.slice(from, to)
  if (isPlainName(text, from, to)) return word
  const host = classifyHost(word)
  return host.kind === 'name' ? host.name : undefined
}

type Address = { readonly text: string; readonly record: RecordType }

const addressOf = (word: string): Address | undefined => {
  const parsed = parseIp(word)
  if (!parsed) return undefined
  const ip = unmapIp(parsed)
  return { text: formatIp(ip), record: ip.family === 6 ? 'AAAA' : 'A' }
}

/**
 * Creates a parser of hosts files (hosts(5)): each line has an address and its names, and `#` begins a
 * comment. Invalid lines and names are skipped, as in the C library. The addresses of a name on several
 * lines are combined, in order.
 */
export const createHostsParser = (): HostsParser => {
  const table = createHostsTable()
  /** The beginning of a line that is not complete yet. */
  let rest = ''
  // A blocklist repeats one address in a hundred thousand lines, so the last parsed address is cached.
  let lastWord = ''
  let lastAddress: Address | undefined

  const readAddress = (text: string, from: number, to: number): Address | undefined => {
    if (lastWord.length !== to - from || !text.startsWith(lastWord, from)) {
      lastWord = text.slice(from, to)
      lastAddress = addressOf(lastWord)
    }
    return lastAddress
  }

  /** Parses the line between two offsets of a text. */
  const readLine = (text: string, start: number, end: number): void => {
    let address: Address | undefined
    let at = start
    for (;;) {
      while (at < end && isSpace(text.charCodeAt(at))) at++
      const from = at
      while (at < end && !isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== HASH) at++
      if (at === from) return
      if (address) {
        const name = nameAt(text, from, at)
        if (name !== undefined) table.add(name, address.text, address.record)
      } else {
        address = readAddress(text, from, at)
        if (!address) return
      }
    }
  }

  const take = (piece: string): void => {
    const text = rest + piece
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      readLine(text, start, Math.min(end, start + LINE_MAX_CHARACTERS))
      start = end + 1
    }
    rest = text.slice(start, start + LINE_MAX_CHARACTERS)
  }

  return {
    take,
    end: () => {
      take('\n')
      return table
    },
  }
}

/** Maximum size of a hosts file in bytes; enough for a blocklist of two million lines. */
const HOSTS_MAX_BYTES = 64 * 1024 * 1024

/**
 * Reads a hosts file piece by piece, so that a large file does not block the event loop.
 *
 * @param onCut called if the file has more than `maxBytes` bytes; the rest is ignored
 * @throws the system's error if the file cannot be read; as a rejection
 */
export const loadHosts = async (
  files: Pick<FileReader, 'read'>,
  path: string,
  onCut: (maxBytes: number) => void = () => {},
  maxBytes: number = HOSTS_MAX_BYTES,
): Promise<HostsTable> => {
  const parser = createHostsParser()
  let left = maxBytes
  for await (const piece of files.read(path, maxBytes + 1)) {
    const { buffer, byteOffset, length } = piece
    const text = Buffer.from(buffer, byteOffset, Math.min(length, left))
    // Names are ASCII. Any other byte makes a name invalid, in whatever encoding, so latin1 is enough.
    parser.take(text.toString('latin1'))
    if (length > left) {
      onCut(maxBytes)
      break
    }
    left -= length
  }
  return parser.end()
}
