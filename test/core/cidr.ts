import fc from 'fast-check'
import t from 'tap'
import {
  NAT64_PREFIX_LENGTHS,
  cidrContains,
  containsPeer,
  commonPrefixLength,
  formatCidr,
  nat64PrefixOf,
  parseCidr,
  parseNat64Prefix,
  unmapCidr,
} from '../../src/core/cidr.ts'
import { formatIp, ipFromBytes, parseIp } from '../../src/core/ip.ts'
import { ip } from '../fixtures/ip.ts'

const contains = (prefix: string, address: string): boolean => {
  const cidr = parseCidr(prefix)
  return cidr !== undefined && cidrContains(cidr, ip(address))
}

void t.test('a prefix, or an address alone', async t => {
  for (const text of ['192.0.2.0/24', '0.0.0.0/0', '2001:db8::/32', '::/0', '::1/128']) {
    const cidr = parseCidr(text)
    t.equal(cidr && formatCidr(cidr), text)
  }
  t.equal(parseCidr('192.0.2.1')?.length, 32)
  t.equal(parseCidr('::1')?.length, 128)
})

void t.test('what is not a prefix', async t => {
  for (const text of [
    ['', '/', '/24', '192.0.2.0/', '192.0.2.0/33', '::/129', '192.0.2.0/-1', '192.0.2.0/ 8'],
    ['192.0.2.0/24/8', '192.0.2.0/8.0', '192.0.2.0/255.0.0.0', '192.0.2/24', 'fe80::%eth0/64'],
    ['fe80::1%eth0', 'example.com', '::/1e2', '::/0x8'],
  ].flat()) {
    t.equal(parseCidr(text), undefined, JSON.stringify(text))
  }
})

void t.test('a prefix of IPv4-mapped addresses is one of IPv4', async t => {
  const unmap = (text: string): string | undefined => {
    const cidr = parseCidr(text)
    return cidr && formatCidr(unmapCidr(cidr))
  }
  t.equal(unmap('::ffff:192.0.2.0/120'), '192.0.2.0/24')
  t.equal(unmap('::ffff:192.0.2.1'), '192.0.2.1/32')
  t.equal(unmap('::ffff:0:0/96'), '0.0.0.0/0')
  for (const text of ['192.0.2.0/24', '2001:db8::/32', '::/0', '::ffff:0:0/95']) {
    t.equal(unmap(text), text === '::ffff:0:0/95' ? '::ffff:0.0.0.0/95' : text)
  }
})

void t.test('what lies in a prefix', async t => {
  t.equal(contains('192.0.2.0/24', '192.0.2.255'), true)
  t.equal(contains('192.0.2.0/24', '192.0.3.0'), false)
  t.equal(contains('192.0.2.77/24', '192.0.2.1'), true, 'bits beyond the length do not count')
  t.equal(contains('192.0.2.128/25', '192.0.2.127'), false)
  t.equal(contains('0.0.0.0/0', '203.0.113.1'), true)
  t.equal(contains('fc00::/7', 'fdff::1'), true)
  t.equal(contains('fc00::/7', 'fe00::1'), false)
  t.equal(contains('fe80::/10', 'fe80::1%eth0'), true, 'a zone does not count')
  t.equal(contains('192.0.2.1', '192.0.2.1'), true)
  t.equal(contains('192.0.2.1', '192.0.2.2'), false)
})

void t.test('families are kept apart', async t => {
  t.equal(contains('::/0', '192.0.2.1'), false)
  t.equal(contains('0.0.0.0/0', '::ffff:192.0.2.1'), false)
  t.equal(commonPrefixLength(ip('0.0.0.0'), ip('::')), 0)
})

void t.test('leading bits in common', async t => {
  t.equal(commonPrefixLength(ip('192.0.2.1'), ip('192.0.2.1')), 32)
  t.equal(commonPrefixLength(ip('::1'), ip('::1')), 128)
  t.equal(commonPrefixLength(ip('::1'), ip('::')), 127)
  t.equal(commonPrefixLength(ip('::'), ip('8000::')), 0)
  t.equal(commonPrefixLength(ip('2001:db8::'), ip('2001:db9::')), 31)
})

void t.test('as many bits as the text of both has in common', async () => {
  const bits = (bytes: Uint8Array): string =>
    Array.from(bytes, byte => byte.toString(2).padStart(8, '0')).join('')
  const bytes = fc.array(fc.constantFrom(0, 0, 1, 128, 255), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const [ipA, ipB] = [ipFromBytes(Uint8Array.from(a)), ipFromBytes(Uint8Array.from(b))]
      const [bitsA, bitsB] = [bits(ipA.bytes), bits(ipB.bytes)]
      let common = 0
      while (common < 128 && bitsA[common] === bitsB[common]) common++
      return commonPrefixLength(ipA, ipB) === common
    }),
  )
})

void t.test('whatever the text: nothing is thrown, and what is read is read again', async () => {
  const texts = fc.oneof(
    fc.string(),
    fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(140)).map(([a, n]) => `${a}/${n}`),
  )
  fc.assert(
    fc.property(texts, text => {
      const cidr = parseCidr(text)
      if (!cidr) return true
      const again = parseCidr(formatCidr(cidr))
      return again?.length === cidr.length && formatIp(again.ip) === formatIp(cidr.ip)
    }),
  )
})

const read = (text: string): string | undefined => {
  const prefix = parseNat64Prefix(text)
  return prefix && formatCidr(prefix)
}

t.test('all six lengths, and no other', async t => {
  for (let length = 0; length <= 128; length++) {
    const expected = NAT64_PREFIX_LENGTHS.includes(length) ? `2001:db8::/${length}` : undefined
    t.equal(read(`2001:db8::/${length}`), expected)
  }
})

t.test('the well-known prefix and those of a network', async t => {
  t.equal(read('64:ff9b::/96'), '64:ff9b::/96')
  t.equal(read('2001:DB8:122:344::/64'), '2001:db8:122:344::/64')
  t.equal(read('2001:db8:122:344:0:1::/96'), '2001:db8:122:344:0:1::/96')
})

t.test('bits beyond the length are ignored', async t => {
  t.equal(read('2001:db8:64::c000:aa/96'), '2001:db8:64::/96')
  t.equal(read('2001:db8:ffff::/32'), '2001:db8::/32')
  t.equal(read('2001:db8::ff00:0:0:0/64'), '2001:db8::/64')
})

t.test('what is no such prefix', async t => {
  for (const text of [
    '2001:db8:64::',
    '2001:db8:1:1:100::/96',
    '2001:db8::ff00:0:0:0/96',
    '192.0.2.0/24',
    '192.0.2.0/32',
    'fe80::%lo/96',
    'auto',
    '',
  ]) {
    t.equal(read(text), undefined, text)
  }
})

t.test('the prefix of an address', async t => {
  const bytes = parseIp('2001:db8:1:2:0:3:c000:aa')?.bytes ?? new Uint8Array(16)
  t.equal(formatCidr(nat64PrefixOf(bytes, 96)), '2001:db8:1:2:0:3::/96')
  t.equal(formatCidr(nat64PrefixOf(bytes, 40)), '2001:db8::/40')
  t.same(bytes, parseIp('2001:db8:1:2:0:3:c000:aa')?.bytes, 'which stays as it was')
})

t.test('a peer on a UNIX socket counts as loopback', async t => {
  const holds = (cidr: string, address: string | null): boolean => {
    const peer = address === null ? null : (parseIp(address) ?? null)
    return containsPeer(
      [parseCidr('192.0.2.0/24'), parseCidr(cidr)].flatMap(each => each ?? []),
      peer,
    )
  }
  for (const cidr of ['127.0.0.0/8', '::1', '0.0.0.0/0']) t.equal(holds(cidr, null), true, cidr)
  for (const cidr of ['127.0.0.2', '2001:db8::/32']) t.equal(holds(cidr, null), false, cidr)
  t.equal(holds('2001:db8::/32', '2001:db8::1'), true)
  t.equal(holds('2001:db8::/32', '::1'), false)
})
