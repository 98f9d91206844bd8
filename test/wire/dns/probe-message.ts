import t from 'tap'
import { encodeProbe, readProbeAnswer } from '../../../src/wire/dns/probe-message.ts'
import { wireName } from '../../../src/wire/dns/names.ts'

const question = { id: 0x1234, name: wireName('a.b'), type: 48, edns: null }
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))

t.test('a query, byte by byte', async t => {
  t.strictSame(
    encodeProbe(question),
    bytesOf('1234 0100 0001 0000 0000 0000 0161 0162 00 0030 0001'),
  )
  t.strictSame(
    encodeProbe({ ...question, edns: { udpOctets: 1232, dnssec: true } }),
    bytesOf('1234 0100 0001 0000 0000 0001 0161 0162 00 0030 0001 00 0029 04d0 0000 8000 0000'),
  )
  t.strictSame(
    encodeProbe({ ...question, name: wireName(''), edns: { udpOctets: 512, dnssec: false } }),
    bytesOf('1234 0100 0001 0000 0000 0001 00 0030 0001 00 0029 0200 0000 0000 0000'),
  )
})

const ANSWER = '1234 8180 0001 0002 0000 0000 0161 0162 00 0030 0001 ffff'

t.test('the header of an answer', async t => {
  t.strictSame(readProbeAnswer(bytesOf(ANSWER), question), {
    rcode: 0,
    truncated: false,
    answers: 2,
    octets: 23,
  })
  t.match(readProbeAnswer(bytesOf(ANSWER.replace('8180', '8383')), question), {
    rcode: 3,
    truncated: true,
  })
  t.match(readProbeAnswer(bytesOf('1234 8185 0000 0000 0000 0000'), question), { rcode: 5 })
})

t.test('what is no answer to the question', async t => {
  for (const hex of [
    ANSWER.replace('1234', '1235'),
    ANSWER.replace('8180', '0180'),
    ANSWER.replace('8180', '8980'),
    ANSWER.replace('0162', '0163'),
    ANSWER.replace('0030', '0001'),
    '1234 8180 0000 0000 0000 0000',
    '1234 8180 0001 0000 0000 0000',
    '1234 81',
    '',
  ]) {
    t.equal(readProbeAnswer(bytesOf(hex), question), undefined, hex)
  }
})
