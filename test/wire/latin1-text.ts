import t from 'tap'
import { latin1Text } from '../../src/wire/latin1-text.ts'

t.test('a character for each byte, up to 16 KiB', async t => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  t.equal(latin1Text(all), Buffer.from(all).toString('latin1'))
  t.equal(latin1Text(new Uint8Array(0)), '')
  t.equal(latin1Text(new Uint8Array(16 * 1024).fill(0x61)), 'a'.repeat(16 * 1024))
})
