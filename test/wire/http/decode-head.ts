import t from 'tap'
import type { Test } from 'tap'
import fc from 'fast-check'
import { createByteReader } from '../../../src/core/byte-reader.ts'
import {
  createHeadDecoder,
  FIELDS_MAX,
  HEAD_MAX_BYTES,
} from '../../../src/wire/http/decode-head.ts'
import { cutsOf, readHead } from '../../fixtures/read-head.ts'
import { bytesOf, cutAt } from '../../fixtures/socks-bytes.ts'

const BEHIND = '\x16\x03\x01GET / HTTP/1.1\r\n\r\n\0'

/** A head that is read, however it is cut, and whatever is behind it. */
const reads = (t: Test, text: string, expected: object): void => {
  for (const behind of ['', BEHIND]) {
    for (const [way, chunks] of cutsOf(text + behind)) {
      const reading = readHead(chunks)
      if (!('head' in reading)) {
        t.fail(`${way}: ${JSON.stringify(reading)} ${JSON.stringify(text)}`)
        continue
      }
      const { bytes, ...head } = reading.head
      t.match(head, expected, way)
      t.equal(Buffer.from(bytes).toString('latin1'), text, `${way}: the bytes of the head`)
      t.equal(reading.rest, behind, `${way}: what is behind the head is left`)
    }
  }
}

/** A head whose last byte makes it wrong: it is refused then, not before, however it is cut. */
const refuses = (t: Test, text: string, code: string, status: number): void => {
  const early = readHead([bytesOf(text.slice(0, -1))])
  t.same(early, { waits: text.length - 1 }, `not before the last byte of ${JSON.stringify(text)}`)
  for (const behind of ['', BEHIND]) {
    for (const [way, chunks] of cutsOf(text + behind)) {
      const reading = readHead(chunks)
      if (!('fault' in reading)) {
        t.fail(`${way}: read ${JSON.stringify(text)}`)
        continue
      }
      t.match(reading.fault, { code, status }, `${way}: ${JSON.stringify(text)}`)
      if (way === 'byte by byte') t.equal(reading.fed, text.length, 'at the first wrong byte')
    }
  }
}

const bad = (t: Test, text: string): void => refuses(t, text, 'ERR_HTTP_HEAD', 400)

const LINE = 'GET http://example.com/ HTTP/1.1\r\n'

t.test('RFC 9112 section 3: the request line and the fields, in order', async t => {
  reads(t, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n', {
    method: 'CONNECT',
    target: 'example.com:443',
    version: '1.1',
    fields: [['Host', 'example.com:443']],
  })
  reads(t, 'CONNECT [2001:db8::1]:443 HTTP/1.0\r\n\r\n', {
    target: '[2001:db8::1]:443',
    version: '1.0',
    fields: [],
  })
  reads(t, `${LINE}A:1\r\nb: 2\r\nA:\t 3 \t\r\nEmpty:\r\nSpaces: \t \r\n\r\n`, {
    fields: [
      ['A', '1'],
      ['b', '2'],
      ['A', '3'],
      ['Empty', ''],
      ['Spaces', ''],
    ],
  })
})

t.test('RFC 9112 section 2.2: LF alone ends a line too', async t => {
  reads(t, 'GET http://example.com/ HTTP/1.1\nHost: a\n\n', { fields: [['Host', 'a']] })
  reads(t, 'GET http://example.com/ HTTP/1.1\r\nHost: a\n\r\n', { fields: [['Host', 'a']] })
  reads(t, 'GET http://example.com/ HTTP/1.1\n\r\n', { fields: [] })
})

t.test('RFC 9110 section 5.5: a value has white space inside, and bytes from 0x80', async t => {
  reads(t, `${LINE}X: a\t b  \xff\x80:"c",\r\n\r\n`, { fields: [['X', 'a\t b  \xff\x80:"c",']] })
})

t.test('RFC 9110 section 5.6.2: a name and a method are tokens', async t => {
  const token = "!#$%&'*+-.^_`|~09azAZ"
  reads(t, `${token} * HTTP/1.1\r\n${token}: 1\r\n\r\n`, { method: token, fields: [[token, '1']] })
  const visible = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).join('')
  reads(t, `GET ${visible} HTTP/1.1\r\n\r\n`, { target: visible })
})

t.test('a request line is method, space, target, space, version', async t => {
  for (const text of [
    ' ',
    '\r',
    '\n',
    '\x16',
    '\x05',
    'G\0',
    'GET\t',
    'GET\r',
    'GET\n',
    'GET:',
    'GÉ',
    'GET  ',
    'GET \r',
    'GET /\n',
    'GET /\r',
    'GET /\t',
    'GET /\0',
    'GET /\x7f',
    'GET /\x80',
    'GET /  ',
    'GET / h',
    'GET / HTTP/1.1 ',
    'GET / HTTP/1.1\t',
    'GET / HTTP/1.1\r\r',
    'GET / HTTP/1.1\rH',
    'GET / HTTP/1.10',
    'GET / HTTP/1\r',
    'GET / HTTP/\r',
    'GET / HTTP/x',
    'GET / HTTP ',
    'GET / HTTP/1,',
    'GET / HTTP/1.\r',
    'GET / HTTPS',
    'GET /a b',
  ]) {
    bad(t, text)
  }
})

t.test('another version is 505, as the preface of HTTP/2 is', async t => {
  for (const text of ['PRI * HTTP/2.0', 'GET / HTTP/0.9', 'GET / HTTP/1.2', 'GET / HTTP/3.1']) {
    refuses(t, text, 'ERR_HTTP_VERSION', 505)
  }
})

t.test('a method that never ends is refused, RFC 9112 section 3', async t => {
  reads(t, `${'M'.repeat(32)} * HTTP/1.1\r\n\r\n`, { method: 'M'.repeat(32) })
  refuses(t, 'M'.repeat(33), 'ERR_HTTP_METHOD', 501)
})

t.test('fields that another reader could read otherwise are refused', async t => {
  for (const text of [
    // RFC 9112 section 5.1: white space in front of the colon.
    'Host ',
    'Host\t',
    'Content-Length ',
    // RFC 9112 section 5.2: a folded line, or one behind the request line.
    'Host: a\r\n ',
    'Host: a\n\t',
    ' ',
    '\t',
    // RFC 9112 section 2.2: CR alone.
    'Host: a\rX',
    'Host: a\r\r',
    'Host\r',
    '\rX',
    'Host: a\r\n\rX',
    // RFC 9110 section 5.5: NUL and other control characters.
    'Host: a\0',
    'Host: a\x0b',
    'Host: a\x7f',
    'Ho\0',
    'Host: \x1b',
    // No name, or no colon.
    ':',
    'Host\n',
    'Ho ',
    'Ho(',
    'Ho@',
    'Hö',
    '"',
  ]) {
    bad(t, LINE + text)
  }
})

t.test(`${FIELDS_MAX} fields are accepted, and one more is 431`, async t => {
  const fields = 'A: b\r\n'.repeat(FIELDS_MAX)
  reads(t, `${LINE}${fields}\r\n`, { fields: { length: FIELDS_MAX } })
  refuses(t, `${LINE}${fields}A`, 'ERR_HTTP_HEAD_SIZE', 431)
})

t.test('16 KiB are accepted, and one byte more is 431 as soon as it is certain', async t => {
  const start = `${LINE}A: `
  const whole = `${start}${'a'.repeat(HEAD_MAX_BYTES - start.length - 4)}\r\n\r\n`
  t.equal(whole.length, HEAD_MAX_BYTES)
  reads(t, whole, { method: 'GET' })
  refuses(t, `${start}${'a'.repeat(HEAD_MAX_BYTES - start.length)}`, 'ERR_HTTP_HEAD_SIZE', 431)
  refuses(t, `GET ${'/'.repeat(HEAD_MAX_BYTES - 4)}`, 'ERR_HTTP_HEAD_SIZE', 431)
  refuses(t, `${whole.slice(0, -4)}a\r\n\r`, 'ERR_HTTP_HEAD_SIZE', 431)
})

t.test('a message names the byte and its place, and nothing else of the client', async t => {
  const reading = readHead([bytesOf(`${LINE}Proxy-Authorization: Basic secret\0`)])
  t.match(reading, { fault: { message: /has byte 0x00 at place 68: a field value is expected$/ } })
  t.notMatch(JSON.stringify(reading), /secret/)
})

t.test('16 KiB byte by byte are copied a few times, not 16 thousand times', async t => {
  const reader = createByteReader()
  const { decode } = createHeadDecoder()
  const bytes = bytesOf(`${LINE}A: ${'a'.repeat(HEAD_MAX_BYTES)}`).subarray(0, HEAD_MAX_BYTES - 1)
  let copied = 0
  const set = t.intercept(Uint8Array.prototype, 'set', {
    value(this: Uint8Array, from: ArrayLike<number>, at?: number) {
      copied += from.length
      for (let i = 0; i < from.length; i++) this[(at ?? 0) + i] = from[i] ?? 0
    },
  })
  for (const byte of bytes) {
    reader.append(Uint8Array.of(byte))
    if (decode(reader)) t.fail('a head without its end')
  }
  set.restore()
  t.equal(reader.length(), 0, 'the reader, which copies what it holds, holds nothing')
  t.ok(copied <= 2 * HEAD_MAX_BYTES, `${copied} bytes were copied`)
})

/** An independent reading: the grammar of RFC 9112 as regular expressions over the whole head. */
const readByGrammar = (text: string): object | undefined => {
  const end = /\r?\n\r?\n/.exec(text)
  if (!end) return undefined
  const head = text.slice(0, end.index)
  const lines = head.split(/\r?\n/)
  const line = /^([!#$%&'*+\-.^_`|~\w]{1,32}) ([!-~]+) HTTP\/1\.([01])$/.exec(lines[0] ?? '')
  if (!line) return undefined
  const fields: [string, string][] = []
  for (const each of lines.slice(1)) {
    const field = /^([!#$%&'*+\-.^_`|~\w]+):([\t -~\x80-\xff]*)$/.exec(each)
    if (!field) return undefined
    fields.push([field[1] ?? '', (field[2] ?? '').replace(/^[ \t]+|[ \t]+$/g, '')])
  }
  const [, method, target, minor] = line
  return {
    method,
    target,
    version: `1.${minor}`,
    fields,
    rest: text.slice(end.index + end[0].length),
  }
}

t.test('what is read is what the grammar says, however it is cut', async t => {
  const piece = fc.constantFrom(
    'GET',
    'CONNECT',
    ' ',
    ' ',
    'a:1',
    '/',
    'HTTP/1.1',
    'HTTP/1.0',
    '\r\n',
    '\r\n',
    '\n',
    '\r',
    'Host',
    ':',
    ': ',
    '\t',
    '\0',
    '\xff',
    'v',
  )
  const well = fc
    .tuple(
      fc.constantFrom('GET / HTTP/1.1', 'CONNECT a:1 HTTP/1.0', 'X * HTTP/1.1'),
      fc.array(fc.constantFrom('A: 1', 'b:\t2 ', 'c:', 'd : 1', ' e', 'f: \xff', 'g'), {
        maxLength: 4,
      }),
      fc.constantFrom('\r\n', '\n'),
      fc.string({ unit: 'binary-ascii', maxLength: 8 }),
    )
    .map(([line, fields, end, rest]) => [line, ...fields, '', ''].join(end) + rest)
  const wild = fc.array(piece, { maxLength: 24 }).map(pieces => pieces.join(''))
  let read = 0
  fc.assert(
    fc.property(fc.oneof(well, wild), fc.array(fc.nat(80), { maxLength: 6 }), (text, cuts) => {
      const offsets = [...new Set(cuts)].toSorted((a, b) => a - b)
      const reading = readHead(cutAt(bytesOf(text), offsets))
      const expected = readByGrammar(text)
      if (!('head' in reading)) return expected === undefined
      const { method, target, version, fields } = reading.head
      read++
      const found = { method, target, version, fields, rest: reading.rest }
      return JSON.stringify(found) === JSON.stringify(expected)
    }),
    { numRuns: 3000 },
  )
  t.ok(read > 100, `${read} heads were read`)
})
