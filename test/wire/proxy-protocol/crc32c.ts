import t from 'tap'
import { crc32c } from '../../../src/wire/proxy-protocol/crc32c.ts'

t.test('the examples of RFC 3720 appendix B.4', async t => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
  t.equal(crc32c(new Uint8Array(32)), 0x8a9136aa, 'zeros')
  t.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43, 'ones')
  t.equal(crc32c(ascending), 0x46dd794e, 'ascending')
  t.equal(crc32c(ascending.toReversed()), 0x113fdb5c, 'descending')
})

t.test('the usual check value, and no bytes', async t => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  t.equal(crc32c(new Uint8Array(0)), 0)
})
