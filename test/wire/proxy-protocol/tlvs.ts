import t from 'tap'
import { checkTlvs } from '../../../src/wire/proxy-protocol/tlvs.ts'
import { binaryHeader, checkedHeader, IPV4_ADDRESSES, tlv } from '../../fixtures/proxy-headers.ts'

const START = 16 + IPV4_ADDRESSES.length

const withTlvs = (...tlvs: readonly Uint8Array[]): Buffer =>
  binaryHeader(0x21, 0x11, Buffer.concat([IPV4_ADDRESSES, ...tlvs]))

t.test('TLVs of any type are skipped', async t => {
  t.equal(checkTlvs(withTlvs(), START), undefined)
  t.equal(checkTlvs(withTlvs(tlv(0x01, Buffer.from('h2'))), START), undefined)
  const two = withTlvs(tlv(0xea, Buffer.alloc(300, 3)), tlv(0x04, Buffer.alloc(0)))
  t.equal(checkTlvs(two, START), undefined)
})

t.test('a TLV that exceeds the header is refused', async t => {
  const fault = 'a field that exceeds it'
  for (const bytes of ['01', '0100', '010001', '01ffff00', '0100020000', '030004010203']) {
    const header = withTlvs(Buffer.from(bytes, 'hex'))
    const expected = bytes === '0100020000' ? undefined : fault
    t.equal(checkTlvs(header, START), expected, bytes)
  }
})

t.test('the checksum covers the whole header', async t => {
  const header = checkedHeader()
  t.equal(checkTlvs(header, START), undefined)
  const placed = Buffer.concat([Buffer.alloc(7, 1), header]).subarray(7)
  t.equal(checkTlvs(placed, START), undefined, 'also within a larger array')
  t.same(header, checkedHeader(), 'and the header stays as it is')
  for (let at = 0; at < header.length; at++) {
    const broken = Buffer.from(header)
    broken[at] = (broken[at] ?? 0) ^ 0x40
    if (checkTlvs(broken, START) === undefined) {
      // Only a changed type of the checksum, or a changed length that hides it, makes it another TLV.
      t.ok(at >= START, `byte ${at} is not covered`)
    }
  }
  const addressBroken = Buffer.from(header)
  addressBroken[16] = 10
  t.equal(checkTlvs(addressBroken, START), 'a wrong checksum')
  const short = withTlvs(tlv(0x03, Buffer.alloc(3)))
  t.equal(checkTlvs(short, START), 'a wrong checksum', 'a checksum of another size')
})
