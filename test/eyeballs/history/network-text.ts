import t from 'tap'
import { networkKey } from '../../../src/eyeballs/history/memory.ts'
import { networkText } from '../../../src/eyeballs/history/network-text.ts'

t.test('each key of a network is written as a prefix', async t => {
  for (const [key, text] of [
    [networkKey('192.0.2.77'), '192.0.2.0/24'],
    [networkKey('::ffff:192.0.2.77'), '192.0.2.0/24'],
    [networkKey('2001:db8:7:8::1'), '2001:db8:7::/48'],
    [networkKey('::1'), '::/48'],
    [networkKey('fe80::1%eth0'), 'fe80::/48 eth0'],
    [networkKey('64:ff9b::c000:207', '192.0.2.7'), '192.0.2.0/24 by NAT64'],
    [networkKey('no address'), 'no address'],
    ['', ''],
  ] as const)
    t.equal(networkText(key), text, key)
})
