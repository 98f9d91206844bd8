import t from 'tap'
import { formatCidr } from '../../src/core/cidr.ts'
import { parseIp } from '../../src/core/ip.ts'
import {
  NAT64_PREFIX_LENGTHS,
  nat64PrefixOf,
  parseNat64Prefix,
} from '../../src/core/nat64-prefix.ts'

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
