import t from 'tap'
import { createEpoch } from '../../../src/net/host/epoch.ts'
import type { Interfaces } from '../../../src/net/host/interfaces.ts'
import { interfacesOf } from '../../fixtures/own-interfaces.ts'

const HOST = ['lo 127.0.0.1/8', 'eth0 192.0.2.2/24', 'eth0 2001:db8::2/64', 'eth0 fe80::2/64']

/** Whether a host that had the first lines, and has the second, has moved. */
const hasMoved = (before: Interfaces, after: Interfaces): boolean => {
  let current = before
  const epoch = createEpoch({ interfaces: () => current })
  const first = epoch()
  if (epoch() !== first) throw new Error('it moved by itself')
  current = after
  return epoch() !== first
}

const host = interfacesOf(HOST)

t.test('another address that reaches others is another place', async t => {
  const more = (line: string): Interfaces => interfacesOf([...HOST, line])
  t.equal(hasMoved(host, more('eth0 192.0.2.3/24')), true)
  t.equal(hasMoved(host, more('tun0 10.8.0.2/32')), true, 'a VPN')
  t.equal(hasMoved(more('tun0 10.8.0.2/32'), host), true)
  t.equal(hasMoved(host, more('wlan0 2001:db8:1::2/64')), true)
  t.equal(hasMoved(host, interfacesOf(HOST.slice(0, 1))), true, 'no network at all')
})

t.test('what reaches nobody does not count', async t => {
  for (const line of ['veth1 fe80::9/64', 'veth1 169.254.1.1/16', 'lo 127.0.0.2/8']) {
    t.equal(hasMoved(host, interfacesOf([...HOST, line])), false, line)
  }
  t.equal(hasMoved(host, interfacesOf(HOST.toReversed())), false, 'another order')
})

t.test('temporary addresses come and go in one place (RFC 8981)', async t => {
  t.equal(hasMoved(host, interfacesOf([...HOST, 'eth0 2001:db8::a:b:c:d/64'])), false)
  const deprecated = '20010db8000000000000000000000002 02 40 00 20     eth0\n'
  t.equal(hasMoved(host, interfacesOf(HOST, deprecated)), false)
})

t.test('an address without a link is none', async t => {
  const down = '20010db8000100000000000000000002 04 40 00 80    down0\n'
  t.equal(hasMoved(host, interfacesOf(HOST, down)), false)
})

t.test('a host without any address has a place too', async t => {
  const epoch = createEpoch({ interfaces: () => interfacesOf([]) })
  t.equal(epoch(), epoch())
})
