import t from 'tap'
import { longWord, word, writeWord } from '../../../src/wire/dns/format.ts'

t.test('numbers in network order', async t => {
  const bytes = Uint8Array.from([0, 0x12, 0xff, 0xfe, 0x80])
  t.equal(word(bytes, 0), 0x12)
  t.equal(word(bytes, 2), 0xfffe)
  t.equal(longWord(bytes, 1), 0x12fffe80)
  t.equal(longWord(Uint8Array.from([0xff, 0xff, 0xff, 0xff]), 0), 2 ** 32 - 1, 'without a sign')
  t.equal(word(bytes, 4), 0x8000, 'what lies behind the end is 0')
  writeWord(bytes, 3, 0xabcd)
  t.same([...bytes], [0, 0x12, 0xff, 0xab, 0xcd])
})
