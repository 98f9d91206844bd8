import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import {
  BINARY_MAX_BYTES,
  createBinaryReader,
} from '../../../src/wire/proxy-protocol/binary-reader.ts'
import type { ProxyHeader } from '../../../src/wire/proxy-protocol/header.ts'
import {
  binaryHeader,
  checkedHeader,
  holdsHeader,
  IPV4_ADDRESSES,
  proxied,
  readByBytes,
  refusesAt,
  tlv,
} from '../../fixtures/proxy-headers.ts'

const UNKNOWN = { type: 'unknown' } as const
const LOCAL = { type: 'local' } as const

const reads = (t: Test, bytes: Uint8Array, header: ProxyHeader, name: string): void =>
  holdsHeader(t, createBinaryReader, bytes, header, name)

t.test('TCP over IPv4 and IPv6', async t => {
  const ipv4 = proxied('192.0.2.1', 4660, '198.51.100.2', 443)
  reads(t, binaryHeader(0x21, 0x11, IPV4_ADDRESSES), ipv4, 'IPv4')
  reads(t, checkedHeader(), ipv4, 'IPv4 with TLVs and a checksum')
  const addresses = `20010db8${'0'.repeat(23)}1fe80${'0'.repeat(27)}2`
  const block = Buffer.from(`${addresses}ffff0000`, 'hex')
  const ipv6 = proxied('2001:db8::1', 65_535, 'fe80::2', 0)
  reads(t, binaryHeader(0x21, 0x21, block), ipv6, 'IPv6')
  reads(t, binaryHeader(0x21, 0x21, Buffer.concat([block, tlv(5, block)])), ipv6, 'IPv6 with a TLV')
})

t.test('clients without an IP address', async t => {
  reads(t, binaryHeader(0x21, 0x00), UNKNOWN, 'UNSPEC')
  reads(t, binaryHeader(0x21, 0x00, tlv(4, Buffer.alloc(9))), UNKNOWN, 'UNSPEC with a TLV')
  reads(t, binaryHeader(0x21, 0x31, Buffer.alloc(216, 0x2f)), UNKNOWN, 'a UNIX stream')
  reads(t, binaryHeader(0x21, 0x32, Buffer.alloc(216)), UNKNOWN, 'a UNIX datagram')
  reads(t, binaryHeader(0x21, 0x12, IPV4_ADDRESSES), UNKNOWN, 'UDP over IPv4')
  reads(t, binaryHeader(0x21, 0x22, Buffer.alloc(36)), UNKNOWN, 'UDP over IPv6')
})

t.test('the rest of a LOCAL header is discarded, whatever it is', async t => {
  reads(t, binaryHeader(0x20, 0x00), LOCAL, 'LOCAL')
  reads(t, binaryHeader(0x20, 0x11, IPV4_ADDRESSES), LOCAL, 'LOCAL with addresses')
  reads(
    t,
    binaryHeader(0x20, 0x21, Buffer.from([1, 2])),
    LOCAL,
    'LOCAL with too few bytes for addresses',
  )
  reads(t, binaryHeader(0x20, 0xff, Buffer.alloc(300, 3)), LOCAL, 'LOCAL with an unknown family')
})

/** Checks that a header is refused at this byte, counted from 1. */
const refuses = (t: Test, bytes: Uint8Array, at: number, what: string): void =>
  refusesAt(t, createBinaryReader, bytes, at, `the PROXY protocol header (version 2) has ${what}`)

t.test('an invalid header is refused as soon as it is certain', async t => {
  const good = binaryHeader(0x21, 0x11, IPV4_ADDRESSES)
  for (let at = 0; at < 12; at++) {
    const bad = Buffer.from(good)
    bad[at] = (bad[at] ?? 0) + 1
    refuses(t, bad, at + 1, 'a wrong signature')
  }
  for (const command of [0x00, 0x01, 0x11, 0x22, 0x2f, 0x30, 0x31, 0xff]) {
    refuses(
      t,
      binaryHeader(command, 0x11, IPV4_ADDRESSES),
      13,
      'another version or an unknown command',
    )
  }
  for (const protocol of [0x01, 0x02, 0x10, 0x13, 0x20, 0x23, 0x30, 0x33, 0x41, 0xf1, 0xff]) {
    const bad = binaryHeader(0x21, protocol, Buffer.alloc(216))
    refuses(t, bad, 14, 'an unknown address family or transport')
  }
  for (const [protocol, least] of [
    [0x11, 12],
    [0x12, 12],
    [0x21, 36],
    [0x22, 36],
    [0x31, 216],
    [0x32, 216],
  ] as const) {
    refuses(
      t,
      binaryHeader(0x21, protocol, Buffer.alloc(least - 1)),
      16,
      'too few bytes for its addresses',
    )
  }
})

t.test('a header has at most 4 KiB', async t => {
  const ipv4 = proxied('192.0.2.1', 4660, '198.51.100.2', 443)
  const padding = BINARY_MAX_BYTES - 16 - IPV4_ADDRESSES.length - 3
  const largest = Buffer.concat([IPV4_ADDRESSES, tlv(4, Buffer.alloc(padding))])
  reads(t, binaryHeader(0x21, 0x11, largest), ipv4, 'the largest header')
  const larger = Buffer.alloc(BINARY_MAX_BYTES - 15)
  refuses(t, binaryHeader(0x21, 0x00, larger), 16, 'more than 4096 bytes')
  refuses(t, binaryHeader(0x20, 0x00, larger), 16, 'more than 4096 bytes')
  refuses(t, binaryHeader(0x21, 0x00, Buffer.alloc(9), 0xffff), 15, 'more than 4096 bytes')
})

t.test('invalid TLVs are refused when the header is complete', async t => {
  const cut = binaryHeader(0x21, 0x11, Buffer.concat([IPV4_ADDRESSES, Buffer.from([4, 0])]))
  refuses(t, cut, cut.length, 'a field that exceeds it')
  const wrong = checkedHeader()
  wrong[16] = 10
  refuses(t, wrong, wrong.length, 'a wrong checksum')
  const unspecified = binaryHeader(0x21, 0x00, tlv(3, Buffer.alloc(4)))
  refuses(t, unspecified, unspecified.length, 'a wrong checksum')
})

t.test('no bytes make it throw, and their split makes no difference', async t => {
  const byte = fc.constantFrom(0, 1, 3, 4, 0x11, 0x20, 0x21, 0x31, 0xff)
  const block = fc.uint8Array({ maxLength: 60 })
  fc.assert(
    fc.property(
      byte,
      byte,
      block,
      fc.integer({ min: 0, max: 60 }),
      (command, protocol, rest, length) => {
        const bytes = binaryHeader(command, protocol, rest, length)
        const whole = createBinaryReader()(bytes)
        const [last, size] = readByBytes(createBinaryReader(), bytes)
        if (whole.type === 'header' && last.type === 'header') {
          t.strictSame(whole.header, last.header)
          t.equal(whole.rest.length, bytes.length - size)
        } else t.strictSame(whole, last)
      },
    ),
  )
})
