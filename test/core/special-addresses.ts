import t from 'tap'

import { parseIp } from '../../src/core/ip.ts'
import type { Ip } from '../../src/core/ip.ts'
import type { SpecialKind } from '../../src/core/special-addresses.ts'
import { deniedKind, isSpecial } from '../../src/core/special-addresses.ts'

const ip = (text: string): Ip => {
  const parsed = parseIp(text)
  if (!parsed) throw new Error(text)
  return parsed
}

/** The first and the last address of each prefix, and the ones just outside. */
const EDGES: Readonly<Record<SpecialKind, { inside: string[]; outside: string[] }>> = {
  metadata: {
    inside: ['169.254.169.254', 'fd00:ec2::254', '168.63.129.16', '100.100.100.200'],
    outside: ['169.254.169.253', 'fd00:ec2::253', '168.63.129.17', '100.100.100.201'],
  },
  loopback: {
    inside: ['127.0.0.0', '127.255.255.255', '::1', '::1%lo'],
    outside: ['126.255.255.255', '128.0.0.0', '::', '::2'],
  },
  'link-local': {
    inside: ['169.254.0.0', '169.254.255.255', 'fe80::', 'febf:ffff::1', 'fe80::1%eth0'],
    outside: ['169.253.255.255', '169.255.0.0', 'fe7f::1', 'fec0::'],
  },
  multicast: {
    inside: ['224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1', '255.255.255.255'],
    outside: ['223.255.255.255', '240.0.0.0', 'feff::1'],
  },
  unspecified: {
    inside: ['0.0.0.0', '0.255.255.255', '::'],
    outside: ['1.0.0.0', '::1', '::2'],
  },
  private: {
    inside: [
      '10.0.0.0',
      '10.255.255.255',
      '172.16.0.0',
      '172.31.255.255',
      '192.168.0.0',
      '192.168.255.255',
      '100.64.0.0',
      '100.127.255.255',
      'fc00::',
      'fdff::1',
      'fec0::1',
    ],
    outside: [
      '9.255.255.255',
      '11.0.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '192.169.0.0',
      '100.63.255.255',
      '100.128.0.0',
      'fbff::1',
      'fe00::1',
    ],
  },
}

for (const [kind, { inside, outside }] of Object.entries(EDGES)) {
  t.test(`${kind}: the edges of its prefixes`, async t => {
    for (const text of inside) t.equal(isSpecial(kind as SpecialKind, ip(text)), true, text)
    for (const text of outside) t.equal(isSpecial(kind as SpecialKind, ip(text)), false, text)
  })
}

t.test('the narrowest kind for which an address may be denied', async t => {
  t.equal(deniedKind(ip('169.254.169.254')), 'metadata', 'not only link-local')
  t.equal(deniedKind(ip('169.254.1.1')), 'link-local')
  t.equal(deniedKind(ip('127.0.0.1')), 'loopback')
  t.equal(deniedKind(ip('::')), 'unspecified')
  t.equal(deniedKind(ip('ff02::1')), 'multicast')
  t.equal(deniedKind(ip('10.0.0.1')), undefined, 'private addresses are ordinary')
  t.equal(deniedKind(ip('2001:db8::1')), undefined)
  t.equal(deniedKind(ip('192.0.2.1')), undefined)
})
