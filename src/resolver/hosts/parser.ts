import type { RecordType } from '../../core/family.ts'
import { LABEL_MAX_CHARACTERS, NAME_MAX_CHARACTERS } from '../../core/host-name.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { classifyHost } from '../literal.ts'
import type { HostsTable } from './table.ts'
import { createHostsTable } from './table.ts'

/** Reads the text of /etc/hosts in pieces. */
export type HostsParser = {
  /** The next piece of the text, cut anywhere. */
  readonly take: (text: string) => void
  /** What all of it came to. */
  readonly end: () => HostsTable
}

/** What of a line goes beyond this is left out. */
const LINE_MAX_CHARACTERS = 65_536

const DOT = 0x2e
const HASH = 0x23

/** Spaces, and the control characters that the C library takes for spaces. */
const isSpace = (code: number): boolean => code === 0x20 || (code >= 9 && code <= 13)

const isLowerLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/**
 * Whether a part of a text is a name as `classifyHost` gives it back, and its last label begins with a
 * letter. That is true of nearly all names in the lists of a hundred thousand that people use, and costs
 * a tenth of the whole judgement.
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

/** The name that a part of a text is; undefined for an address, and for what is no name. */
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
 * Reads the text of a hosts file (hosts(5)): an address and its names on a line, `#` begins a comment.
 * Lines and names that make no sense are left out, as the C library does. The addresses of a name that
 * stands on several lines are taken together, in their order.
 */
export const createHostsParser = (): HostsParser => {
  const table = createHostsTable()
  /** The begin of a line whose end has not come. */
  let rest = ''
  // Lists of blocked names repeat one address for a hundred thousand lines.
  let lastWord = ''
  let lastAddress: Address | undefined

  const readAddress = (text: string, from: number, to: number): Address | undefined => {
    if (lastWord.length !== to - from || !text.startsWith(lastWord, from)) {
      lastWord = text.slice(from, to)
      lastAddress = addressOf(lastWord)
    }
    return lastAddress
  }

  /** The line between two places of a text. */
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
