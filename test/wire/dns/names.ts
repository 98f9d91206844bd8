import t from 'tap'
import { isWithin, readName, wireName, writeName } from '../../../src/wire/dns/names.ts'
import { encodeName } from '../../fixtures/dns-message.ts'

const pointer = (to: number): number[] => [0xc0 + (to >> 8), to & 0xff]
const bytesOf = (...parts: (number[] | Buffer)[]): Uint8Array =>
  Buffer.concat(parts.map(part => Buffer.from(part)))

t.test('a name without compression is its own octets in lower case', async t => {
  const bytes = encodeName('WWW.Example.COM')
  t.same(readName(bytes, 0), { name: '\x03www\x07example\x03com\0', next: bytes.length })
  t.equal(wireName('WWW.Example.COM'), '\x03www\x07example\x03com\0')
  t.same(readName(bytes, 4), { name: wireName('example.com'), next: bytes.length })
  t.same(readName(Buffer.from([0]), 0), { name: wireName(''), next: 1 })
  const written = new Uint8Array(20)
  t.equal(writeName(written, 2, wireName('www.example.com')), 19)
  t.same(readName(written, 2)?.name, wireName('www.example.com'))
})

t.test('only ASCII letters have a case, and a dot in a label is no border', async t => {
  const label = Buffer.from([0x41, 0x5a, 0x61, 0x40, 0x5b, 0xc1, 0x2e])
  const read = readName(bytesOf([label.length], label, [0]), 0)
  t.equal(read?.name, `\x07az\x61@[\xc1.\0`)
  t.not(readName(bytesOf([3], Buffer.from('a.b'), [0]), 0)?.name, wireName('a.b'))
})

t.test('pointers lead backwards, and what follows stands behind the first of them', async t => {
  const bytes = bytesOf(
    encodeName('example.com'),
    [3],
    Buffer.from('www'),
    pointer(0),
    [1, 0x61],
    pointer(13),
    pointer(19),
  )
  t.same(readName(bytes, 13), { name: wireName('www.example.com'), next: 19 })
  t.same(readName(bytes, 19), { name: wireName('a.www.example.com'), next: 23 })
  t.same(readName(bytes, 23), { name: wireName('a.www.example.com'), next: 25 })
})

t.test('what is no name', async t => {
  const bad: Record<string, Uint8Array> = {
    'nothing at all': bytesOf(),
    'no end': bytesOf([1, 0x61]),
    'a label that is cut': bytesOf([5, 0x61, 0x62]),
    'a label of 64 octets (RFC 1035 section 4.1.4)': bytesOf(
      [64],
      [...new Array<number>(64).fill(97)],
      [0],
    ),
    'a label of the kind 10': bytesOf([0x80], [...new Array<number>(128).fill(97)], [0]),
    'half a pointer': bytesOf([0xc0]),
    'a pointer to itself': bytesOf(pointer(0)),
    'a pointer to what is behind': bytesOf(pointer(2), [0]),
    'a pointer into its own labels': bytesOf([1, 0x61], pointer(0)),
    'a pointer beyond the message': bytesOf(pointer(16_383)),
  }
  for (const [what, bytes] of Object.entries(bad)) t.equal(readName(bytes, 0), undefined, what)
  // 2 -> 0, where the labels lead to 2 again.
  t.equal(readName(bytesOf([1, 0x61], pointer(0)), 2), undefined, 'a circle')
})

t.test('255 octets are a name, and one more is none', async t => {
  const whole = bytesOf(
    ...[63, 63, 63, 61].map(size => [size, ...new Array<number>(size).fill(97)]),
  )
  t.equal(readName(bytesOf([...whole], [0]), 0)?.name.length, 255)
  t.equal(readName(bytesOf([...whole], [1, 97, 0]), 0), undefined)
  const text = [63, 63, 63, 61].map(size => 'a'.repeat(size)).join('.')
  t.equal(text.length, 253)
  t.equal(wireName(text).length, 255)
})

t.test('a chain of pointers without labels ends', async t => {
  // Each leads to the one before: as many as a message of 64 KiB would hold.
  const chain = [0, 0]
  for (let at = 2; at < 16_000; at += 2) chain.push(...pointer(at - 2))
  t.equal(readName(Uint8Array.from(chain), chain.length - 2), undefined)
  t.equal(readName(Uint8Array.from(chain), 2 * 127)?.name, '\0')
  t.equal(readName(Uint8Array.from(chain), 2 * 128), undefined)
})

t.test('a name is within itself and what is above it', async t => {
  const name = wireName('www.example.com')
  for (const domain of ['www.example.com', 'example.com', 'com', '']) {
    t.equal(isWithin(name, wireName(domain)), true, domain)
  }
  for (const domain of ['ww.example.com', 'example.org', 'a.www.example.com', 'le.com']) {
    t.equal(isWithin(name, wireName(domain)), false, domain)
  }
  // The octets of `example.com` at the end of a label that ends in them.
  t.equal(isWithin(`\x10aaa\x07example\x03com\0`, wireName('example.com')), false)
})
