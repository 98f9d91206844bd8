import t from 'tap'
import dnsPacket from 'dns-packet'
import { encodeQuery, longWord, word, writeWord } from '../../../src/wire/dns/message.ts'
import { wireName } from '../../../src/wire/dns/names.ts'

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

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

t.test('a query, byte for byte', async t => {
  const question = { id: 0xabcd, name: wireName('a.example'), record: 'AAAA' as const }
  const header = 'abcd01000001000000000000'
  const section = '0161076578616d706c6500001c0001'
  t.equal(hex(encodeQuery(question, false)), header + section)
  const opt = '00002904d0000000000000'
  t.equal(hex(encodeQuery(question, true)), header.replace(/0000$/, '0001') + section + opt)
  t.match(hex(encodeQuery({ ...question, record: 'A' }, false)), /00010001$/)
})

t.test('another codec reads the same', async t => {
  const bytes = encodeQuery({ id: 7, name: wireName('www.example.com'), record: 'A' }, true)
  const read = dnsPacket.decode(Buffer.from(bytes))
  t.match(read, {
    id: 7,
    type: 'query',
    flag_rd: true,
    flag_qr: false,
    opcode: 'QUERY',
    questions: [{ name: 'www.example.com', type: 'A', class: 'IN' }],
    answers: [],
    additionals: [{ type: 'OPT', udpPayloadSize: 1232, flags: 0, ednsVersion: 0, options: [] }],
  })
  t.equal(dnsPacket.decode.bytes, bytes.length)
})
