import type { ByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import { latin1Text } from '../latin1-text.ts'
import type { Field, HttpFault, RefusalStatus, RequestHead } from './wire.ts'

/** The largest accepted head in bytes, with the empty line at its end. */
export const HEAD_MAX_BYTES = 16 * 1024

/** The largest accepted number of field lines. */
export const FIELDS_MAX = 100

/**
 * The longest accepted method. The longest registered one has 17 characters (RFC 9110 section 16.1), and an
 * endless one is refused before the limit of the whole head.
 */
const METHOD_MAX_BYTES = 32

const HTAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SP = 0x20
const COLON = 0x3a
const DEL = 0x7f

/** Which bytes a token consists of (RFC 9110 section 5.6.2). */
const TOKEN: readonly boolean[] = Array.from({ length: 256 }, (_, byte) =>
  /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)),
)

const isVisible = (byte: number): boolean => byte > SP && byte < DEL

/** Bytes of a field value (RFC 9110 section 5.5): visible ones, space, HTAB, and obs-text from 0x80. */
const isValueByte = (byte: number): boolean => (byte >= SP && byte !== DEL) || byte === HTAB

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** What the next byte belongs to. */
type Place =
  | 'method'
  | 'target'
  | 'version'
  /** Behind the version. */
  | 'line end'
  /** Behind a CR, of any line. */
  | 'LF'
  /** At the start of a line behind the request line. */
  | 'line start'
  | 'field name'
  | 'field value'
  /** Behind the CR of the empty line. */
  | 'last LF'
  | 'over'

/** `HTTP/` and two digits with a dot between them (RFC 9112 section 2.3). */
const VERSION_FORM = 'HTTP/d.d'
const SERVED_VERSIONS: ReadonlySet<string> = new Set(['HTTP/1.0', 'HTTP/1.1'])

/** Reads the head of one request. */
export type HeadDecoder = {
  /**
   * Consumes the bytes of the head, however they were split; bytes behind it stay in the reader. Call it
   * until it returns the head or throws.
   *
   * @returns undefined if the head is incomplete
   * @throws HttpFault as soon as a byte is invalid: ERR_HTTP_HEAD, ERR_HTTP_HEAD_SIZE, ERR_HTTP_METHOD or
   *   ERR_HTTP_VERSION. The message contains no byte of the client's but the invalid one
   */
  readonly decode: (reader: ByteReader) => RequestHead | undefined
}

/**
 * Creates the decoder of one head (RFC 9112 sections 2 to 5). It is strict, so that no other reader of the
 * same bytes can find another request in them: one space between the parts of the request line, no white
 * space before a colon, no line folding, no control characters. A line ends with CRLF or with LF alone
 * (section 2.2), never with CR alone.
 *
 * Each byte is looked at once, and copied a bounded number of times.
 */
export const createHeadDecoder = (): HeadDecoder => {
  let place: Place = 'method'
  let head = new Uint8Array(0)
  let size = 0
  /** Offset of the first byte of the current part. */
  let start = 0
  let method = ''
  let target = ''
  let version = ''
  let name = ''
  const fields: Field[] = []

  const part = (): string => latin1Text(head.subarray(start, size))

  const refuse = (
    code: 'ERR_HTTP_HEAD' | 'ERR_HTTP_HEAD_SIZE' | 'ERR_HTTP_METHOD' | 'ERR_HTTP_VERSION',
    status: RefusalStatus,
    message: string,
  ): HttpFault => fail(code, message, { status })

  const bad = (byte: number, expected: string): HttpFault => {
    const found = `byte 0x${byte.toString(16).padStart(2, '0')} at place ${size + 1}`
    return refuse('ERR_HTTP_HEAD', 400, `the request head has ${found}: ${expected} is expected`)
  }

  const begin = (next: Place, at: number): void => {
    place = next
    start = at
  }

  const onVersion = (byte: number): void => {
    const at = size - start
    const form = VERSION_FORM[at] ?? ''
    const fits = form === 'd' ? isDigit(byte) : byte === form.charCodeAt(0)
    if (!fits) throw bad(byte, 'HTTP/1.1 or HTTP/1.0 behind the target')
    if (at < VERSION_FORM.length - 1) return
    version = part() + String.fromCharCode(byte)
    if (!SERVED_VERSIONS.has(version)) {
      const message = `the request has version ${version}: HTTP/1.1 and HTTP/1.0 are served`
      throw refuse('ERR_HTTP_VERSION', 505, message)
    }
    place = 'line end'
  }

  const onLineStart = (byte: number): void => {
    if (byte === LF) place = 'over'
    else if (byte === CR) place = 'last LF'
    else if (byte === SP || byte === HTAB) throw bad(byte, 'a field name, and no folded line,')
    else if (!isToken(byte)) throw bad(byte, 'a field name')
    else if (fields.length === FIELDS_MAX) {
      const message = `the request head has more than ${FIELDS_MAX} fields`
      throw refuse('ERR_HTTP_HEAD_SIZE', 431, message)
    } else begin('field name', size)
  }

  const onByte = (byte: number): void => {
    switch (place) {
      case 'method':
        if (byte === SP && size > 0) {
          method = part()
          begin('target', size + 1)
        } else if (!isToken(byte)) throw bad(byte, 'a method and a space')
        else if (size === METHOD_MAX_BYTES) {
          const message = `the method is longer than ${METHOD_MAX_BYTES} characters`
          throw refuse('ERR_HTTP_METHOD', 501, message)
        }
        return
      case 'target':
        if (byte === SP && size > start) {
          target = part()
          begin('version', size + 1)
        } else if (!isVisible(byte)) throw bad(byte, 'a target and a space')
        return
      case 'version':
        return onVersion(byte)
      case 'line end':
        if (byte === CR) place = 'LF'
        else if (byte === LF) place = 'line start'
        else throw bad(byte, 'the end of the request line')
        return
      case 'LF':
      case 'last LF':
        if (byte !== LF) throw bad(byte, 'LF behind CR')
        place = place === 'LF' ? 'line start' : 'over'
        return
      case 'line start':
        return onLineStart(byte)
      case 'field name':
        if (byte === COLON) {
          name = part()
          begin('field value', size + 1)
        } else if (!isToken(byte)) throw bad(byte, 'a field name and a colon')
        return
      case 'field value':
        if (byte === CR || byte === LF) {
          fields.push([name, trimmed(part())])
          place = byte === CR ? 'LF' : 'line start'
        } else if (!isValueByte(byte)) throw bad(byte, 'a field value')
        return
      case 'over':
    }
  }

  /** Extends the buffer for as many bytes as may belong to the head, and at least doubles it. */
  const grow = (more: number): void => {
    const needed = Math.min(size + more, HEAD_MAX_BYTES)
    if (needed <= head.length) return
    const grown = new Uint8Array(Math.min(Math.max(needed, 2 * head.length), HEAD_MAX_BYTES))
    grown.set(head.subarray(0, size))
    head = grown
  }

  /** Takes one byte. @returns whether the head is complete */
  const take = (byte: number): boolean => {
    onByte(byte)
    head[size++] = byte
    if (place === 'over') return true
    if (size < HEAD_MAX_BYTES) return false
    const message = `the request head is longer than ${HEAD_MAX_BYTES} bytes`
    throw refuse('ERR_HTTP_HEAD_SIZE', 431, message)
  }

  const decode = (reader: ByteReader): RequestHead | undefined => {
    grow(reader.length())
    for (let taken = 0; ; taken++) {
      const byte = reader.peek(taken)
      if (byte === undefined) {
        reader.take(taken)
        return undefined
      }
      if (take(byte)) {
        reader.take(taken + 1)
        const bytes = head.subarray(0, size)
        return { method, target, version: version === 'HTTP/1.0' ? '1.0' : '1.1', fields, bytes }
      }
    }
  }

  return { decode }
}

const isToken = (byte: number): boolean => TOKEN[byte] === true

/** Without the white space around a value (RFC 9110 section 5.5), which is space and HTAB only. */
const trimmed = (value: string): string => {
  let from = 0
  let to = value.length
  while (from < to && isWhiteSpace(value.charCodeAt(from))) from++
  while (to > from && isWhiteSpace(value.charCodeAt(to - 1))) to--
  return value.slice(from, to)
}

const isWhiteSpace = (code: number): boolean => code === SP || code === HTAB
