import t from 'tap'
import {
  COMMAND,
  FIXED_BYTES,
  PROTOCOL,
  SIGNATURE,
} from '../../../src/wire/proxy-protocol/header.ts'

t.test('the numbers are those of section 2.2', async t => {
  t.equal(Buffer.from(SIGNATURE).toString('latin1'), '\r\n\r\n\0\r\nQUIT\n')
  t.equal(FIXED_BYTES, SIGNATURE.length + 1 + 1 + 2)
  t.same(COMMAND, { local: 0x20, proxy: 0x21 })
  t.same(Object.values(PROTOCOL), [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32])
})
