import t from 'tap'
import { foreignClient, protocolOf } from '../../../src/listener/protocols/first-byte.ts'
import { hexOf } from '../../fixtures/socks-bytes.ts'

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte)

t.test('one byte names the protocol', async t => {
  const letters: ReadonlySet<number> = new Set(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ'))
  for (const byte of ALL_BYTES) {
    const expected =
      byte === 5 ? 'socks5' : byte === 4 ? 'socks4' : letters.has(byte) ? 'http' : undefined
    t.equal(protocolOf(byte), expected, `0x${byte.toString(16)}`)
  }
})

t.test('a client of another protocol is refused in its own words', async t => {
  const socks4 = foreignClient(Uint8Array.of(4, 1), ['http'])
  t.equal(hexOf(socks4.answer), '005b000000000000')
  t.equal(socks4.reply, 0x5b)
  t.equal(
    socks4.message,
    'the first byte is 0x04: a SOCKS4 client; this port serves HTTP, without TLS',
  )
  t.equal(hexOf(foreignClient(Uint8Array.of(5, 1, 0), ['http']).answer), '05ff')
  t.equal(foreignClient(Uint8Array.of(5, 1, 0), ['http']).reply, undefined)
  const http = foreignClient(Buffer.from('GET / HTTP/1.1\r\n'), ['socks5', 'socks4'])
  t.equal(http.reply, 501)
  t.match(http.message, /0x47: an HTTP client; this port serves SOCKS5 and SOCKS4, without TLS$/)
  const [head = '', body = ''] = Buffer.from(http.answer).toString('latin1').split('\r\n\r\n')
  const lines = head.split('\r\n')
  t.equal(lines[0], 'HTTP/1.1 501 Not Implemented')
  t.ok(lines.includes('Content-Type: text/plain; charset=utf-8'))
  t.ok(lines.includes('Connection: close'))
  t.ok(lines.includes('Proxy-Status: eyeballd; error=http_request_error'))
  t.ok(lines.includes(`Content-Length: ${body.length}`))
  t.match(body, /^[^\n]*SOCKS[^\n]*\n$/)
})

t.test('TLS is named, and gets no answer, as anything unknown', async t => {
  const tls = foreignClient(Uint8Array.of(0x16, 3, 1), ['socks5'])
  t.equal(tls.answer.length, 0)
  t.equal(
    foreignClient(Uint8Array.of(0x16), ['socks5', 'socks4', 'http']).message,
    'the first byte is 0x16: a TLS client; this port serves SOCKS5, SOCKS4 and HTTP, without TLS',
  )
  for (const byte of [0x00, 0x01, 0x03, 0x06, 0x40, 0x5b, 0x61, 0x80, 0xff]) {
    const { answer, message } = foreignClient(Uint8Array.of(byte), ['socks5'])
    t.equal(answer.length, 0)
    t.match(message, `0x${byte.toString(16).padStart(2, '0')}: no protocol known here; this port`)
  }
})

t.test('no answer is a success in any protocol', async t => {
  for (const byte of ALL_BYTES) {
    const [first, second] = foreignClient(Uint8Array.of(byte), ['socks5']).answer
    t.notOk(first === 5 && second !== 0xff, 'no method of SOCKS5')
    t.notOk(first === 0 && second === 0x5a, 'no connection of SOCKS4')
  }
})

t.test('only the bytes of a healthcheck may be one', async t => {
  t.equal(foreignClient(Uint8Array.of(5, 2, 0, 2), ['http']).mayBeProbe, true)
  for (const bytes of [[5], [5, 2, 0, 2, 5], [5, 1, 0], [4, 2, 0, 2]])
    t.equal(foreignClient(Uint8Array.from(bytes), ['http']).mayBeProbe, false, bytes.join(' '))
})
