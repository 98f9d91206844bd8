import { createByteReader } from '../../core/byte-reader.ts'
import type { ByteReader } from '../../core/byte-reader.ts'

/** The largest hello that is taken for one, its record headers included. Real ones have 200 bytes to 2 KiB. */
export const CLIENT_HELLO_MAX_BYTES = 32 * 1024

/** What the first bytes of a client are. */
export type HelloReading =
  /** One whole ClientHello, and nothing behind it: to send it to a second server does no harm. */
  | { readonly type: 'hello' }
  /** Anything else, or a hello that must not be sent twice; more bytes would not change it. */
  | { readonly type: 'other' }
  /** A hello so far. Below `size` bytes in all there is nothing new to be said. */
  | { readonly type: 'more'; readonly size: number }

const HELLO: HelloReading = { type: 'hello' }
const OTHER: HelloReading = { type: 'other' }
const more = (size: number): HelloReading => ({ type: 'more', size })

/** RFC 8446 section 5.1: type, version and length of a record. */
const RECORD_HEADER_BYTES = 5
const RECORD_TYPE_HANDSHAKE = 22
const FRAGMENT_MAX_BYTES = 2 ** 14
/** RFC 8446 section 4: type and length of a handshake message. */
const MESSAGE_HEADER_BYTES = 4
const MESSAGE_TYPE_CLIENT_HELLO = 1
const VERSION_MAJOR = 3
const VERSION_TLS_1_0 = 0x0301
const VERSION_TLS_1_2 = 0x0303
const RANDOM_BYTES = 32
const SESSION_ID_MAX_BYTES = 32
/** RFC 8446 section 4.2.10: data of the program follows at once, and it must arrive once only. */
const EXTENSION_EARLY_DATA = 42

const numberOf = (bytes: Iterable<number>): number => {
  let number = 0
  for (const byte of bytes) number = number * 256 + byte
  return number
}

/** What stands behind a length of so many bytes; undefined where it is cut off. */
const takeVector = (reader: ByteReader, lengthBytes: 1 | 2): Uint8Array | undefined => {
  const length = reader.take(lengthBytes)
  return length && reader.take(numberOf(length))
}

/** Whether extensions fill their room, with no early data among them. */
const areReplayable = (extensions: Uint8Array): boolean => {
  const reader = createByteReader()
  reader.append(extensions)
  while (reader.length() > 0) {
    const type = reader.take(2)
    if (!type || !takeVector(reader, 2) || numberOf(type) === EXTENSION_EARLY_DATA) return false
  }
  return true
}

/** The body of a ClientHello, RFC 8446 section 4.1.2 and RFC 5246 section 7.4.1.2. */
const isReplayableBody = (reader: ByteReader): boolean => {
  const version = reader.take(2)
  if (!version || numberOf(version) < VERSION_TLS_1_0) return false
  // TLS 1.3 says 1.2 here, and its own number in an extension.
  if (numberOf(version) > VERSION_TLS_1_2 || !reader.take(RANDOM_BYTES)) return false
  const sessionId = takeVector(reader, 1)
  if (!sessionId || sessionId.length > SESSION_ID_MAX_BYTES) return false
  const ciphers = takeVector(reader, 2)
  if (!ciphers || ciphers.length === 0 || ciphers.length % 2 === 1) return false
  const compressions = takeVector(reader, 1)
  if (!compressions || compressions.length === 0) return false
  // Before TLS 1.3 a hello may end here.
  if (reader.length() === 0) return true
  const extensions = takeVector(reader, 2)
  return extensions !== undefined && reader.length() === 0 && areReplayable(extensions)
}

/**
 * Reads the first bytes of one client: whether they are a whole ClientHello of TLS 1.0 to 1.3, in one
 * record or several, without early data and with nothing behind it. It never throws.
 *
 * @returns to be given all bytes from the first on, each time that more have come, until it says
 *   `hello` or `other`. It remembers where it stands, so that each record is looked at once.
 */
export const createHelloReader = (): ((bytes: Uint8Array) => HelloReading) => {
  /** Where the records end that are whole, what of the message lies in them, and where. */
  let at = 0
  let gathered = 0
  const fragments: (readonly [start: number, end: number])[] = []
  let header: readonly number[] = []
  /** Of the message with its header; null until that has come. */
  let size: number | null = null

  /** A piece of the message's header; false where it is not that of a ClientHello. */
  const readHeader = (bytes: Uint8Array): boolean => {
    header = [...header, ...bytes]
    const [type, ...length] = header
    if (header.length === MESSAGE_HEADER_BYTES) size = header.length + numberOf(length)
    return type === MESSAGE_TYPE_CLIENT_HELLO
  }

  const readMessage = (bytes: Uint8Array): HelloReading => {
    const reader = createByteReader()
    for (const [start, end] of fragments) reader.append(bytes.subarray(start, end))
    reader.take(MESSAGE_HEADER_BYTES)
    return bytes.length === at && isReplayableBody(reader) ? HELLO : OTHER
  }

  /** The next record, as far as it has come; undefined where it is whole and the message goes on. */
  const readRecord = (bytes: Uint8Array): HelloReading | undefined => {
    const start = at + RECORD_HEADER_BYTES
    if (bytes.length <= at) return more(at + 1)
    if (bytes[at] !== RECORD_TYPE_HANDSHAKE) return OTHER
    if (bytes.length < start) return more(start)
    const length = numberOf(bytes.subarray(start - 2, start))
    // RFC 8446 section 5.1: no handshake record is empty.
    if (bytes[at + 1] !== VERSION_MAJOR || length === 0 || length > FRAGMENT_MAX_BYTES) return OTHER
    const end = start + length
    if (size === null) {
      const headerEnd = Math.min(end, start + MESSAGE_HEADER_BYTES - gathered)
      if (bytes.length < headerEnd) return more(headerEnd)
      if (!readHeader(bytes.subarray(start, headerEnd))) return OTHER
    }
    if (size !== null) {
      const missing = size - gathered - length
      // Below 0 something stands behind the hello in its own record.
      if (missing < 0 || end + missing > CLIENT_HELLO_MAX_BYTES) return OTHER
    }
    if (bytes.length < end) return more(end)
    fragments.push([start, end])
    gathered += length
    at = end
    return gathered === size ? readMessage(bytes) : undefined
  }

  return bytes => {
    for (;;) {
      const reading = readRecord(bytes)
      if (reading) return reading
    }
  }
}
