import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { createLineReader, LINE_MAX_BYTES } from '../../../src/wire/proxy-protocol/line-reader.ts'
import { holdsHeader, proxied, readByBytes, refusesAt } from '../../fixtures/proxy-headers.ts'

const bytesOf = (line: string): Buffer => Buffer.from(line, 'latin1')
const UNKNOWN = { type: 'unknown' } as const

t.test('TCP4 and TCP6', async t => {
  const reads = (line: string, ...ends: Parameters<typeof proxied>): void =>
    holdsHeader(t, createLineReader, bytesOf(line), proxied(...ends), line)
  reads('PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n', '192.0.2.1', 4660, '198.51.100.2', 443)
  const longest = 'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n'
  reads(longest, '255.255.255.255', 65_535, '255.255.255.255', 65_535)
  reads('PROXY TCP6 2001:db8::1 ::1 0 65535\r\n', '2001:db8::1', 0, '::1', 65_535)
  reads('PROXY TCP6 2001:DB8::A fe80::b 1 2\r\n', '2001:db8::a', 1, 'fe80::b', 2)
  const mapped = 'PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n'
  reads(mapped, '::ffff:192.0.2.1', 1, '::ffff:192.0.2.2', 2)
  const ones = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
  reads(`PROXY TCP6 ${ones} ${ones} 65535 65535\r\n`, ones, 65_535, ones, 65_535)
})

t.test('UNKNOWN, and what follows it up to the CRLF', async t => {
  const ones = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
  const longest = `PROXY UNKNOWN ${ones} ${ones} 65535 65535\r\n`
  t.equal(longest.length, LINE_MAX_BYTES, 'the longest line of the specification')
  const ignored = ['', ' ', ' a b c', ' \n\x00\xff', ' \r', ' \r \r', '\rx', '\r']
  for (const what of ignored) {
    holdsHeader(
      t,
      createLineReader,
      bytesOf(`PROXY UNKNOWN${what}\r\n`),
      UNKNOWN,
      `UNKNOWN and ${JSON.stringify(what)}`,
    )
  }
  holdsHeader(t, createLineReader, bytesOf(longest), UNKNOWN, 'the longest line')
})

/** Checks that a line is refused at its last byte, because of this word. */
const refuses = (t: Test, line: string, name: string): void =>
  refusesAt(
    t,
    createLineReader,
    bytesOf(line),
    line.length,
    `the PROXY protocol header has an invalid ${name}, found at byte ${line.length}`,
  )

t.test('another beginning is refused at its first wrong byte', async t => {
  for (const line of ['G', 'PX', 'PROXy', 'PROXYZ', 'P ', 'PROXY\r', 'PROXY\n']) {
    refuses(t, line, 'signature')
  }
  for (const line of [
    'PROXY  ',
    'PROXY T ',
    'PROXY TCP5',
    'PROXY t',
    'PROXY TCP4\r',
    'PROXY TCP44',
    'PROXY U ',
    'PROXY UNKNOWNX',
    'PROXY UD',
    'PROXY UNKNOWN\n',
  ]) {
    refuses(t, line, 'protocol')
  }
})

t.test('an invalid address is refused at its end or before', async t => {
  for (const line of [
    'PROXY TCP4 1.2.3 ',
    'PROXY TCP4 1.2.3.256 ',
    'PROXY TCP4 1.2.3.04 ',
    'PROXY TCP4 :',
    'PROXY TCP4  ',
    'PROXY TCP4 a',
    'PROXY TCP4 1.2.3.4\r',
    'PROXY TCP4 1.2.3.4\t',
    'PROXY TCP4 1111111111111111',
    'PROXY TCP6 1.2.3.4 ',
    'PROXY TCP6 1:2:3:4:5:6:7 ',
    'PROXY TCP6 fe80::1%',
    'PROXY TCP6 [',
    'PROXY TCP6 g',
  ]) {
    refuses(t, line, 'source address')
  }
  refuses(t, 'PROXY TCP4 192.0.2.1 2001:', 'destination address')
  refuses(t, 'PROXY TCP4 192.0.2.1  ', 'destination address')
  refuses(t, 'PROXY TCP6 ::1 ::1:: ', 'destination address')
})

t.test('an invalid port is refused at its first wrong byte', async t => {
  const start = 'PROXY TCP4 192.0.2.1 192.0.2.2 '
  for (const port of [
    '65536',
    '99999',
    '00',
    '01',
    '-',
    '+',
    'a',
    '1.',
    '123456',
    ' ',
    '1\r',
    '1\n',
  ]) {
    refuses(t, start + port, 'source port')
  }
  for (const port of ['65536', '08', ' ', '\r', '443 ', '443\n', '443\x00']) {
    refuses(t, `${start}1 ${port}`, 'destination port')
  }
  refuses(t, `${start}1 2\rx`, 'end')
  refuses(t, `${start}1 2\r\r`, 'end')
})

t.test('a line that has no end is refused when it cannot end any more', async t => {
  const message = 'the PROXY protocol header has no end within 107 bytes'
  const long = (bytes: string): Buffer => bytesOf(`PROXY UNKNOWN ${bytes}`)
  const start = 'PROXY UNKNOWN '.length
  refusesAt(t, createLineReader, long('x'.repeat(200)), 106, message)
  refusesAt(t, createLineReader, long(`${'x'.repeat(105 - start)}\rx\r\n`), 107, message)
  refusesAt(t, createLineReader, long(`${'x'.repeat(105 - start)}\r\r\n`), 107, message)
  const fits = long(`${'x'.repeat(105 - start)}\r\n`)
  t.equal(fits.length, LINE_MAX_BYTES)
  holdsHeader(t, createLineReader, fits, UNKNOWN, 'a line that just fits')
})

t.test('no bytes make it throw, and their split makes no difference', async t => {
  const piece = fc.constantFrom(
    'PROXY',
    ' ',
    'TCP4',
    'TCP6',
    'UNKNOWN',
    '1.2.3.4',
    '::1',
    '0',
    '443',
    '\r\n',
    '\r',
    'x',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), pieces => {
      const bytes = bytesOf(`PROXY ${pieces.join('')}`)
      const whole = createLineReader()(bytes)
      const [last, size] = readByBytes(createLineReader(), bytes)
      if (whole.type === 'header' && last.type === 'header') {
        t.strictSame(whole.header, last.header)
        t.equal(whole.rest.length, bytes.length - size)
      } else t.strictSame(whole, last)
    }),
  )
})
