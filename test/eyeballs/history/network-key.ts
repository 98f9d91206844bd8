import t from 'tap'
import { networkKey } from '../../../src/eyeballs/history/network-key.ts'

t.test('an IPv6 address goes by its /48', async t => {
  const key = networkKey('2001:db8:1::1')
  t.equal(networkKey('2001:db8:1:ffff::2'), key)
  t.not(networkKey('2001:db8:2::1'), key)
  t.not(networkKey('2001:db9:1::1'), key)
})

t.test('an IPv4 address goes by its /24, a mapped one too', async t => {
  const key = networkKey('192.0.2.1')
  t.equal(networkKey('192.0.2.254'), key)
  t.equal(networkKey('::ffff:192.0.2.7'), key)
  t.not(networkKey('198.51.100.1'), key)
})

t.test('a NAT64 address goes by the IPv4 address in it, apart from the way of IPv4', async t => {
  const key = networkKey('64:ff9b::c000:201', '192.0.2.1')
  t.equal(networkKey('2001:db8:64::c000:263', '192.0.2.99'), key)
  t.not(networkKey('64:ff9b::c633:6401', '198.51.100.1'), key)
  t.not(networkKey('192.0.2.1'), key)
  t.not(networkKey('64:ff9b::c000:201'), key)
})

t.test('link-local networks are as many as there are zones', async t => {
  t.equal(networkKey('fe80::1%eth0'), networkKey('fe80::2%eth0'))
  t.not(networkKey('fe80::1%eth0'), networkKey('fe80::1%eth1'))
})

t.test('what is no address is a network of its own', async t => {
  t.not(networkKey('a.example'), networkKey('b.example'))
})
