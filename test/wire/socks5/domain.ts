import fc from 'fast-check'
import t from 'tap'
import { readDomain } from '../../../src/wire/socks5/domain.ts'
import { bytesOf } from '../../fixtures/socks-bytes.ts'

const read = (text: string) => readDomain(bytesOf(text))

void t.test('names are passed on as they are: case, trailing dot, underscore', async t => {
  for (const host of [
    'example.com',
    'EXAMPLE.Com',
    'example.com.',
    '_dmarc.example.com',
    'localhost',
    'xn--bcher-kva.example',
    'a',
    `${'a'.repeat(64)}.example`,
    // No address, though some parsers take it for one: the resolver refuses these.
    '127.1',
    '0x7f.1',
    '2130706433',
    '192.0.2.01',
    '192.0.2.1.',
  ]) {
    t.same(read(host), { host, kind: 'domain' })
  }
})

void t.test('an address in text is that address, in brackets or without', async t => {
  for (const text of ['192.0.2.1', '[192.0.2.1]', '::ffff:192.0.2.1', '[::FFFF:c000:201]']) {
    t.same(read(text), { host: '192.0.2.1', kind: 'ipv4' }, text)
  }
  for (const text of ['2001:db8::1', '[2001:db8::1]', '2001:DB8:0:0::0001']) {
    t.same(read(text), { host: '2001:db8::1', kind: 'ipv6' }, text)
  }
  t.same(read('[::1]'), { host: '::1', kind: 'ipv6' })
  t.same(read('::'), { host: '::', kind: 'ipv6' })
})

void t.test('NUL, CR LF, space, control, %, /, @ and bytes from 0x80 are refused', async t => {
  for (const bad of ['\0', '\r', '\n', ' ', '\t', '\x1f', '\x7f', '\x80', '\xff', '%', '/', '@']) {
    const found = bad.charCodeAt(0)
    const expected = { code: 'ERR_SOCKS_ADDRESS', found, reply: 4 }
    t.throws(() => read(`localhost${bad}.evil`), expected, `byte ${found} inside`)
    t.throws(() => read(`${bad}localhost`), expected, `byte ${found} in front`)
    t.throws(() => read(`localhost${bad}`), expected, `byte ${found} behind`)
    t.throws(() => read(bad), expected, `byte ${found} alone`)
  }
})

void t.test('a zone id is refused', async t => {
  t.throws(() => read('fe80::1%eth0'), { code: 'ERR_SOCKS_ADDRESS', found: 0x25, reply: 4 })
  t.throws(() => read('[fe80::1%1]'), { code: 'ERR_SOCKS_ADDRESS', found: 0x25, reply: 4 })
})

void t.test('colons and brackets that are no address are refused', async t => {
  for (const text of [
    'example.com:80',
    '192.0.2.1:80',
    '[::1]:80',
    '[example.com]',
    '[]',
    '[',
    ':',
    ':::',
    '[::1',
    '::1]',
    '[[::1]]',
    '12345::',
  ]) {
    t.throws(() => read(text), { code: 'ERR_SOCKS_ADDRESS', reply: 4 }, text)
  }
})

void t.test('the message names the byte and its place, never the name', async t => {
  t.throws(() => read('ab\x1b[31mc'), {
    message:
      'the domain of the request has byte 0x1b at place 3: a host name or an IP address is allowed',
  })
  t.throws(() => read('example.com:80'), { message: /byte 0x3a at place 12:/ })
})

void t.test(
  'whatever comes out is printable, and clean of what resolvers stumble over',
  async t => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), bytes => {
        try {
          return /^[!-~]+$/.test(readDomain(bytes).host) && !/[%/@[\]]/.test(readDomain(bytes).host)
        } catch (error) {
          return (error as { code?: string }).code === 'ERR_SOCKS_ADDRESS'
        }
      }),
      { numRuns: 2000 },
    )
    t.pass()
  },
)
