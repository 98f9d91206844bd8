import t from 'tap'
import { createHeaderReader } from '../../../src/wire/proxy-protocol/header-reader.ts'
import {
  binaryHeader,
  checkedHeader,
  holdsHeader,
  proxied,
  refusesAt,
} from '../../fixtures/proxy-headers.ts'

t.test('the first byte decides the version', async t => {
  const line = Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n')
  const ends = proxied('192.0.2.1', 4660, '198.51.100.2', 443)
  holdsHeader(t, createHeaderReader, line, ends, 'version 1')
  holdsHeader(t, createHeaderReader, checkedHeader(), ends, 'version 2')
  holdsHeader(t, createHeaderReader, binaryHeader(0x20, 0), { type: 'local' }, 'LOCAL')
})

t.test('any other first byte is no header', async t => {
  const message =
    'the connection does not begin with a PROXY protocol header, which this peer must send'
  for (let byte = 0; byte < 256; byte++) {
    if (byte === 0x50 || byte === 0x0d) continue
    refusesAt(t, createHeaderReader, Uint8Array.of(byte, 1, 0), 1, message)
  }
  const read = createHeaderReader()
  t.strictSame(read(new Uint8Array(0)), { type: 'more' }, 'no bytes decide nothing')
  t.equal(read(Buffer.from('PROXY UNKNOWN\r\n')).type, 'header')
})
