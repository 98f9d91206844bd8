import t from 'tap'
import { foreignClient } from '../../../src/wire/socks5/foreign-client.ts'
import { hexOf } from '../../fixtures/socks-bytes.ts'

void t.test('SOCKS4 gets the 8 bytes of its own refusal', async t => {
  const client = foreignClient(0x04)
  t.equal(client.protocol, 'socks4')
  t.equal(hexOf(client.bytes), '005b000000000000')
  t.match(client.message, /0x04.*SOCKS4/)
})

void t.test('TLS is closed without an answer, and named', async t => {
  const client = foreignClient(0x16)
  t.equal(client.protocol, 'tls')
  t.equal(client.bytes.length, 0)
  t.match(client.message, /0x16.*TLS/)
})

void t.test('A to Z is HTTP, and gets 501 with one line in plain text', async t => {
  for (const letter of ['A', 'C', 'G', 'P', 'Z']) {
    const client = foreignClient(letter.charCodeAt(0))
    t.equal(client.protocol, 'http')
    const [head = '', body = ''] = Buffer.from(client.bytes).toString('latin1').split('\r\n\r\n')
    const lines = head.split('\r\n')
    t.equal(lines[0], 'HTTP/1.1 501 Not Implemented')
    t.ok(lines.includes('Content-Type: text/plain; charset=utf-8'))
    t.ok(lines.includes('Connection: close'))
    t.ok(lines.includes(`Content-Length: ${body.length}`))
    t.match(body, /^[^\n]*SOCKS5[^\n]*\n$/)
    t.match(client.message, /HTTP/)
  }
})

void t.test('anything else is closed without an answer', async t => {
  for (const byte of [0x00, 0x01, 0x03, 0x06, 0x40, 0x5b, 0x61, 0x80, 0xff]) {
    const client = foreignClient(byte)
    t.equal(client.protocol, 'unknown')
    t.equal(client.bytes.length, 0)
    t.match(client.message, new RegExp(`0x${byte.toString(16).padStart(2, '0')}`))
  }
})

void t.test('no answer begins with 05', async t => {
  for (let byte = 0; byte < 256; byte++) t.not(foreignClient(byte).bytes[0], 5)
})
