import t from 'tap'
import { unmapIp } from '../../../src/core/ip.ts'
import { scopeOf } from '../../../src/eyeballs/order/scope.ts'
import { ip } from '../../fixtures/ip.ts'

const scope = (text: string): number => scopeOf(unmapIp(ip(text)))

void t.test('RFC 6724 section 3.1: unicast scopes of IPv6', async t => {
  t.equal(scope('fe80::1'), 0x2)
  t.equal(scope('fe80::1%eth0'), 0x2, 'a zone changes nothing')
  t.equal(scope('febf:ffff::1'), 0x2, 'the last of fe80::/10')
  t.equal(scope('fec0::1'), 0x5)
  t.equal(scope('feff::1'), 0x5, 'the last of fec0::/10')
  t.equal(scope('fe7f::1'), 0xe)
  t.equal(scope('2001:db8::1'), 0xe)
  t.equal(scope('fd00::1'), 0xe, 'unique local addresses are of global scope')
  t.equal(scope('::'), 0xe)
})

void t.test('RFC 6724 section 3.1: a multicast address says its own scope', async t => {
  t.equal(scope('ff01::1'), 0x1)
  t.equal(scope('ff02::1'), 0x2)
  t.equal(scope('ff05::1'), 0x5)
  t.equal(scope('ff08::1'), 0x8)
  t.equal(scope('ff3e::1'), 0xe, 'flags do not count')
})

void t.test('RFC 6724 section 3.2: scopes of IPv4', async t => {
  t.equal(scope('127.0.0.1'), 0x2)
  t.equal(scope('127.255.0.1'), 0x2)
  t.equal(scope('169.254.13.78'), 0x2)
  t.equal(scope('::ffff:169.254.1.1'), 0x2, 'IPv4-mapped counts as IPv4')
  for (const address of ['169.253.1.1', '10.1.2.3', '172.16.0.1', '192.168.0.1', '198.51.100.1']) {
    t.equal(scope(address), 0xe, `${address}: global, private or not`)
  }
})

void t.test('RFC 6724 section 3.4: the IPv6 loopback address is link-local', async t => {
  t.equal(scope('::1'), 0x2)
  t.equal(scope('::2'), 0xe)
  t.equal(scope('100::1'), 0xe)
})
