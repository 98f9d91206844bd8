import { SocketAddress, isIP, isIPv6 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import {
  createIpReader,
  familyOf,
  familyOfAddress,
  formatIp,
  ipFromBytes,
  parseIp,
  unmapIp,
} from '../../src/core/ip.ts'
import { ip } from '../fixtures/ip.ts'

void t.test('IPv4 is four decimal numbers and nothing else', async t => {
  t.same(parseIp('192.0.2.1'), { family: 4, bytes: Uint8Array.of(192, 0, 2, 1) })
  t.same([...ip('0.0.0.0').bytes], [0, 0, 0, 0])
  t.same([...ip('255.255.255.255').bytes], [255, 255, 255, 255])
  for (const text of [
    ['127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '127.0.0.01', '1.2.3', '1.2.3.4.5'],
    ['256.0.0.1', '1.2.3.1000', '-1.2.3.4', '+1.2.3.4', ' 1.2.3.4', '1.2.3.4 ', '1.2.3.4\n'],
    ['1.2.3.', '.1.2.3', '1..2.3', '1.2.3.4%lo', '[1.2.3.4]', '1.2.3.4/8', '', 'localhost'],
    ['١.2.3.4', '1,2,3,4', '1.2.3.4:80'],
  ].flat()) {
    t.equal(parseIp(text), undefined, JSON.stringify(text))
  }
})

void t.test('RFC 4291 section 2.2: the forms of IPv6', async t => {
  const forms: readonly [string, string][] = [
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:db8::1', '2001:db8::1'],
    ['::13.1.68.3', '::d01:4403'],
    ['::ffff:129.144.52.38', '::ffff:129.144.52.38'],
    ['::FFFF:8190:3426', '::ffff:129.144.52.38'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['0001:0002::000a', '1:2::a'],
  ]
  for (const [text, wanted] of forms) t.equal(formatIp(ip(text)), wanted, text)
})

void t.test('what is not IPv6', async t => {
  for (const text of [
    [':', ':::', '1:::2', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::'],
    ['::1:2:3:4:5:6:7:8', '12345::', 'g::', ':1', '1:', '1:2:3:4:5:6:7:1.2.3.4', '[::1]'],
    ['1.2.3.4::', '::1.2.3.4:1', '::1.2.3', '::256.0.0.1', '::1 ', ' ::1', '::1\n', '::-1'],
    ['1:2:3:4:5:6:7:8:', '1::2:', ':1:2:3:4:5:6:7:8', ':1::2', '::1:2:3:4:5:6:7:8:9:1'],
    ['1:2:3:4:5:6:7::1.2.3.4', '1:2:3:4:5:6::1.2.3.4', '::ff.1.2.3', '::.1.2.3'],
    ['::1/64', '::1%', '::1%a b', `::1%${'z'.repeat(33)}`, '::1%a%b', 'fe80::1%eth0/64'],
  ].flat()) {
    t.equal(parseIp(text), undefined, JSON.stringify(text))
  }
})

void t.test('RFC 4007 section 11: a zone is kept as it is', async t => {
  t.equal(ip('FE80::1%eth0.7').zone, 'eth0.7')
  t.equal(formatIp(ip('FE80::1%Eth0')), 'fe80::1%Eth0')
  t.equal('zone' in ip('fe80::1'), false)
})

void t.test('RFC 5952 section 4: the canonical text', async t => {
  const texts: readonly [string, string][] = [
    ['2001:0db8::0001', '2001:db8::1'], // section 4.1: no leading zeros
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'], // section 4.2.1: as short as it can be
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // section 4.2.2: never for one group
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // section 4.2.3: the longest run
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // section 4.2.3: the first of equal ones
    ['2001:DB8::ABCD', '2001:db8::abcd'], // section 4.3: lower case
  ]
  for (const [text, wanted] of texts) t.equal(formatIp(ip(text)), wanted, text)
})

void t.test('RFC 4291 section 2.5.5.2: an IPv4-mapped address holds an IPv4 one', async t => {
  t.equal(formatIp(unmapIp(ip('::ffff:192.0.2.1'))), '192.0.2.1')
  for (const text of ['192.0.2.1', '::192.0.2.1', '::fffe:c000:201', '::1:ffff:c000:201', '::1']) {
    t.equal(unmapIp(ip(text)).family, ip(text).family, text)
  }
  t.equal(formatIp(unmapIp(ip('fe80::1%eth0'))), 'fe80::1%eth0', 'others as they are')
})

void t.test('bytes are copied', async t => {
  const bytes = Uint8Array.of(192, 0, 2, 1)
  const address = ipFromBytes(bytes)
  bytes[0] = 0
  t.equal(formatIp(address), '192.0.2.1')
})

const anyBytes = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // With many zeros, for the `::`.
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map(values => Uint8Array.from(values)),
)

void t.test('every address is read back from its text, which Node writes the same', async () => {
  fc.assert(
    fc.property(anyBytes, bytes => {
      const text = formatIp(ipFromBytes(bytes))
      const back = parseIp(text)
      if (!back || back.bytes.some((byte, i) => byte !== bytes[i])) return false
      if (!isIPv6(text)) return true
      // Node writes the dying IPv4-compatible form (::1.2.3.4), which RFC 5952 leaves open.
      const nodes = new SocketAddress({ address: text, family: 'ipv6' }).address
      return nodes === text || /^::\d+\.\d+\.\d+\.\d+$/.test(nodes)
    }),
    { numRuns: 2000 },
  )
})

void t.test('whatever the text: an address only where Node sees one too', async () => {
  const pieces = fc.constantFrom([
    '0',
    '1',
    'ff',
    '255',
    '256',
    '01',
    'db8',
    '.',
    '.',
    ':',
    ':',
    '::',
    '%',
    'eth0',
    '[',
    ' ',
  ])
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 18 }).map(parts => parts.join('')),
    fc.ipV4(),
    fc.ipV6(),
  )
  fc.assert(
    fc.property(texts, text => {
      const found = parseIp(text)
      return text.includes('%') ? !found || isIP(text) !== 0 : (found?.family ?? 0) === isIP(text)
    }),
    { numRuns: 5000 },
  )
})

void t.test('each record type carries one family', async t => {
  t.equal(familyOf('A'), 4)
  t.equal(familyOf('AAAA'), 6)
})

void t.test('the family of an address, by its text', async t => {
  t.equal(familyOfAddress('192.0.2.1'), 4)
  t.equal(familyOfAddress('2001:db8::1'), 6)
  t.equal(familyOfAddress('fe80::1%eth0'), 6)
})

void t.test('a reader parses each text once', async t => {
  const readIp = createIpReader()
  const [first, name] = [readIp('192.0.2.1'), readIp('localhost')]
  t.same(first, parseIp('192.0.2.1'))
  t.equal(name, undefined)
  t.equal(readIp('192.0.2.1'), first, 'the same value, not an equal one')
  t.equal(readIp('localhost'), undefined)
  t.not(createIpReader()('192.0.2.1'), first, 'each reader has its own')
})
