import { createByteReader } from '../../core/byte-reader.ts'
import type { ByteReader } from '../../core/byte-reader.ts'

/** The largest accepted ClientHello in bytes, including record headers. Real ones have 200 bytes to 2 KiB. */
export const CLIENT_HELLO_MAX_BYTES = 32 * 1024

/** What the first bytes of a client contain. */
export type HelloReading =
  /** One complete ClientHello, and nothing after it: it may be sent to a second server too. */
  | { readonly type: 'hello' }
  /** Other data, or a ClientHello that must not be sent twice; further bytes would not change that. */
  | { readonly type: 'other' }
  /** The start of a ClientHello. The next result needs at least `size` bytes in all. */
  | { readonly type: 'more'; readonly size: number }

const HELLO: HelloReading = { type: 'hello' }
const OTHER: HelloReading = { type: 'other' }
const more = (size: number): HelloReading => ({ type: 'more', size })

/** Type, version and length of a record (RFC 8446 section 5.1). */
const RECORD_HEADER_BYTES = 5
const RECORD_TYPE_HANDSHAKE = 22
const FRAGMENT_MAX_BYTES = 2 ** 14
/** Type and length of a handshake message (RFC 8446 section 4). */
const MESSAGE_HEADER_BYTES = 4
const MESSAGE_TYPE_CLIENT_HELLO = 1
const VERSION_MAJOR = 3
const VERSION_TLS_1_0 = 0x0301
const VERSION_TLS_1_2 = 0x0303
const RANDOM_BYTES = 32
const SESSION_ID_MAX_BYTES = 32
/** Application data follows at once, and must arrive only once (RFC 8446 section 4.2.10). */
const EXTENSION_EARLY_DATA = 42

const numberOf = (bytes: Iterable<number>): number => {
  let number = 0
  for (const byte of bytes) number = number * 256 + byte
  return number
}

/** Reads a vector with a length prefix of 1 or 2 bytes; undefined if it is truncated. */
const takeVector = (reader: ByteReader, lengthBytes: 1 | 2): Uint8Array | undefined => {
  const length = reader.take(lengthBytes)
  return length && reader.take(numberOf(length))
}

/** Whether the extensions are well-formed, with no early data among them. */
const areReplayable = (extensions: Uint8Array): boolean => {
  const reader = createByteReader()
  reader.append(extensions)
  while (reader.length() > 0) {
    const type = reader.take(2)
    if (!type || !takeVector(reader, 2) || numberOf(type) === EXTENSION_EARLY_DATA) return false
  }
  return true
}

/**
 * Whether this is the body of a ClientHello that may be sent twice (RFC 8446 section 4.1.2, RFC 5246
 * section 7.4.1.2).
 */
const isReplayableBody = (reader: ByteReader): boolean => {
  const version = reader.take(2)
  if (!version || numberOf(version) < VERSION_TLS_1_0) return false
  // TLS 1.3 uses the number of 1.2 here, and its own in an extension.
  if (numberOf(version) > VERSION_TLS_1_2 || !reader.take(RANDOM_BYTES)) return false
  const sessionId = takeVector(reader, 1)
  if (!sessionId || sessionId.length > SESSION_ID_MAX_BYTES) return false
  const ciphers = takeVector(reader, 2)
  if (!ciphers || ciphers.length === 0 || ciphers.length % 2 === 1) return false
  const compressions = takeVector(reader, 1)
  if (!compressions || compressions.length === 0) return false
  // Before TLS 1.3 extensions are optional.
  if (reader.length() === 0) return true
  const extensions = takeVector(reader, 2)
  return extensions !== undefined && reader.length() === 0 && areReplayable(extensions)
}

/**
 * Creates a reader that recognises one complete ClientHello of TLS 1.0 to 1.3, in one record or several,
 * without early data and with nothing after it. It never throws.
 *
 * @returns a function that takes all bytes from the first on, again each time that more have arrived, until
 *   it returns `hello` or `other`. It keeps its position, so each record is examined once.
 */
export const createHelloReader = (): ((bytes: Uint8Array) => HelloReading) => {
  /** `at`: end of the complete records; `gathered`: message bytes in them; `fragments`: where those are. */
  let at = 0
  let gathered = 0
  const fragments: (readonly [start: number, end: number])[] = []
  let header: readonly number[] = []
  /** Size of the message with its header; null until the header is complete. */
  let size: number | null = null

  /** Reads a part of the message's header; false if it is not that of a ClientHello. */
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

  /**
   * Reads the next record as far as it has arrived; undefined if it is complete and the message continues.
   */
  const readRecord = (bytes: Uint8Array): HelloReading | undefined => {
    const start = at + RECORD_HEADER_BYTES
    if (bytes.length <= at) return more(at + 1)
    if (bytes[at] !== RECORD_TYPE_HANDSHAKE) return OTHER
    if (bytes.length < start) return more(start)
    const length = numberOf(bytes.subarray(start - 2, start))
    // Handshake records must not be empty (RFC 8446 section 5.1).
    if (bytes[at + 1] !== VERSION_MAJOR || length === 0 || length > FRAGMENT_MAX_BYTES) return OTHER
    const end = start + length
    if (size === null) {
      const headerEnd = Math.min(end, start + MESSAGE_HEADER_BYTES - gathered)
      if (bytes.length < headerEnd) return more(headerEnd)
      if (!readHeader(bytes.subarray(start, headerEnd))) return OTHER
    }
    if (size !== null) {
      const missing = size - gathered - length
      // A negative number means that other data follows the ClientHello in its record.
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
