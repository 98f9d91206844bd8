import t from 'tap'
import fc from 'fast-check'
import { readTargetHost } from '../../src/wire/target-host.ts'

const read = (text: string) =>
  readTargetHost(text, (byte, at) => new Error(`refused ${byte} at ${at}`))

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
    t.throws(
      () => read(`localhost${bad}.evil`),
      { message: `refused ${found} at 9` },
      `byte ${found} inside`,
    )
    t.throws(
      () => read(`${bad}localhost`),
      { message: `refused ${found} at 0` },
      `byte ${found} in front`,
    )
    t.throws(
      () => read(`localhost${bad}`),
      { message: `refused ${found} at 9` },
      `byte ${found} behind`,
    )
    t.throws(() => read(bad), { message: `refused ${found} at 0` }, `byte ${found} alone`)
  }
})

void t.test('a zone id is refused', async t => {
  t.throws(() => read('fe80::1%eth0'), { message: /^refused 37 at/ })
  t.throws(() => read('[fe80::1%1]'), { message: /^refused 37 at/ })
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
    t.throws(() => read(text), { message: /^refused / }, text)
  }
})

void t.test(
  'whatever comes out is printable, and clean of what resolvers stumble over',
  async t => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), bytes => {
        try {
          const { host } = read(Buffer.from(bytes).toString('latin1'))
          return /^[!-~]+$/.test(host) && !/[%/@[\]]/.test(host)
        } catch (error) {
          return (error as Error).message.startsWith('refused ')
        }
      }),
      { numRuns: 2000 },
    )
    t.pass()
  },
)
