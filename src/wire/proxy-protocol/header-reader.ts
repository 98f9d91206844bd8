import { createBinaryReader } from './binary-reader.ts'
import type { HeaderReading, ReadHeader } from './header.ts'
import { SIGNATURE } from './header.ts'
import { createLineReader } from './line-reader.ts'

const LETTER_P = 0x50

/** What a connection begins with that has no header. */
const NO_HEADER: HeaderReading = {
  type: 'invalid',
  message: 'the connection does not begin with a PROXY protocol header, which this peer must send',
}

/** Creates a reader of a header of either version, which differ in their first byte. */
export const createHeaderReader = (): ReadHeader => {
  let read: ReadHeader | undefined
  return bytes => {
    const [first] = bytes
    if (first === undefined) return { type: 'more' }
    if (!read) {
      if (first !== LETTER_P && first !== SIGNATURE[0]) return NO_HEADER
      read = first === LETTER_P ? createLineReader() : createBinaryReader()
    }
    return read(bytes)
  }
}
