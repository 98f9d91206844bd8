import fc from 'fast-check'
import t from 'tap'
import { ipFromBytes } from '../../../src/core/ip.ts'
import { encodeHeader } from '../../../src/wire/proxy-protocol/encode-header.ts'
import { createHeaderReader } from '../../../src/wire/proxy-protocol/header-reader.ts'
import type { ProxyEnds } from '../../../src/wire/proxy-protocol/header.ts'
import { binaryHeader, IPV4_ADDRESSES, proxied, proxyEnd } from '../../fixtures/proxy-headers.ts'

const IPV4: ProxyEnds = {
  source: proxyEnd('192.0.2.1', 4660),
  destination: proxyEnd('198.51.100.2', 443),
}
const IPV6: ProxyEnds = {
  source: proxyEnd('2001:db8::1', 65_535),
  destination: proxyEnd('fe80::2%eth0', 0),
}
const TO_IPV4: ProxyEnds = { source: IPV6.source, destination: IPV4.destination }
const TO_IPV6: ProxyEnds = { source: IPV4.source, destination: IPV6.destination }

const text = (ends: ProxyEnds | null): string =>
  Buffer.from(encodeHeader(1, ends)).toString('latin1')

t.test('version 1', async t => {
  t.equal(text(IPV4), 'PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n')
  t.equal(text(IPV6), 'PROXY TCP6 2001:db8::1 fe80::2 65535 0\r\n', 'without the zone')
  t.equal(text(TO_IPV4), 'PROXY UNKNOWN\r\n', 'two families')
  t.equal(text(TO_IPV6), 'PROXY UNKNOWN\r\n', 'two families')
  t.equal(text(null), 'PROXY UNKNOWN\r\n', 'no address')
})

t.test('version 2', async t => {
  const encode = (ends: ProxyEnds | null): Buffer => Buffer.from(encodeHeader(2, ends))
  t.same(encode(IPV4), binaryHeader(0x21, 0x11, IPV4_ADDRESSES))
  const from = `20010db8${'0'.repeat(23)}1`
  const to = `fe80${'0'.repeat(27)}2`
  const block = (hex: string): Buffer => binaryHeader(0x21, 0x21, Buffer.from(hex, 'hex'))
  t.same(encode(IPV6), block(`${from}${to}ffff0000`))
  const zeros = '0'.repeat(20)
  t.same(encode(TO_IPV4), block(`${from}${zeros}ffffc6336402ffff01bb`), 'IPv4-mapped destination')
  t.same(encode(TO_IPV6), block(`${zeros}ffffc0000201${to}12340000`), 'IPv4-mapped source')
  t.same(encode(null), binaryHeader(0x21, 0x00), 'no address')
})

t.test('the reader reads what the encoder writes', async t => {
  const ip = fc
    .oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    )
    .map(ipFromBytes)
  const end = fc.record(
    { ip, port: fc.integer({ min: 0, max: 65_535 }) },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.constantFrom(1, 2), end, end, (version, source, destination) => {
      const reading = createHeaderReader()(encodeHeader(version, { source, destination }))
      if (reading.type !== 'header') t.fail(reading.type)
      else if (source.ip.family === destination.ip.family) {
        t.strictSame(reading.header, { type: 'proxied', source, destination })
      } else t.equal(reading.header.type, version === 1 ? 'unknown' : 'proxied')
    }),
  )
  t.strictSame(proxied('192.0.2.1', 4660, '198.51.100.2', 443), { type: 'proxied', ...IPV4 })
})
