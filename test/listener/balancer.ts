import t from 'tap'
import { parseCidr } from '../../src/core/cidr.ts'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import type { Peer } from '../../src/listener/accepted.ts'
import { readPeer } from '../../src/listener/accepted.ts'
import { clientOf, endsOf, isBalancer } from '../../src/listener/balancer.ts'
import type { ProxyHeader } from '../../src/wire/proxy-protocol/header.ts'
import { proxied, proxyEnd } from '../fixtures/proxy-headers.ts'

const UNKNOWN: ProxyHeader = { type: 'unknown' }
const LOCAL: ProxyHeader = { type: 'local' }

const peerAt = (address: string | null): Peer => {
  const peer =
    address === null
      ? readPeer({}, 'unix')
      : readPeer({ remoteAddress: address, remotePort: 5000 }, 'tcp')
  if (!peer) throw new Error(`${address} is no address`)
  return peer
}

const from = (address: string, port = 4660): ProxyHeader =>
  address.includes(':')
    ? proxied(address, port, '2001:db8::443', 443)
    : proxied(address, port, '198.51.100.2', 443)

t.test('the peers that must send a header', async t => {
  const cidrs = (...texts: string[]) => texts.flatMap(text => parseCidr(text) ?? [])
  const balancers = cidrs('192.0.2.0/24', '2001:db8::7')
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::7']) {
    t.equal(isBalancer(balancers, peerAt(address)), true, address)
  }
  for (const address of ['192.0.3.1', '2001:db8::8', '127.0.0.1', null]) {
    t.equal(isBalancer(balancers, peerAt(address)), false, String(address))
  }
  t.equal(isBalancer(cidrs('127.0.0.0/8'), peerAt(null)), true, 'a UNIX socket is 127.0.0.1')
  t.equal(isBalancer(cidrs('::1'), peerAt(null)), true, 'and ::1')
  t.equal(isBalancer(cidrs('127.0.0.2'), peerAt(null)), false)
})

t.test('the client that a header names', async t => {
  const balancer = peerAt('192.0.2.9')
  const expected = { text: '203.0.113.5:4660', key: '203.0.113.5', isLocal: false }
  t.match(clientOf(from('203.0.113.5'), balancer), { ...expected, ip: { family: 4 } })
  t.match(clientOf(from('::ffff:203.0.113.5'), balancer), expected, 'IPv4-mapped')
  const ipv6 = { text: '[2001:db8::5]:0', key: '2001:db8::5', isLocal: false }
  t.match(clientOf(from('2001:DB8::5', 0), balancer), { ...ipv6, ip: { family: 6 } })
})

t.test('a client is on this host if it and the balancer are', async t => {
  const isLocal = (header: ProxyHeader, balancer: string | null): boolean =>
    clientOf(header, peerAt(balancer)).isLocal
  for (const balancer of ['127.0.0.1', '::1', null]) {
    t.equal(isLocal(from('127.0.0.1'), balancer), true)
    t.equal(isLocal(from('::1'), balancer), true)
    t.equal(isLocal(from('::ffff:127.0.0.1'), balancer), true)
    t.equal(isLocal(from('203.0.113.5'), balancer), false)
    t.equal(isLocal(LOCAL, balancer), true, 'its own health check')
    t.equal(isLocal(UNKNOWN, balancer), false)
  }
  for (const header of [from('127.0.0.1'), from('::1'), LOCAL, UNKNOWN]) {
    t.equal(isLocal(header, '192.0.2.9'), false)
  }
})

t.test('without an address the client is the balancer', async t => {
  for (const address of ['192.0.2.9', '127.0.0.1', null]) {
    const balancer = peerAt(address)
    t.strictSame(clientOf(UNKNOWN, balancer), { ...balancer, isLocal: false })
    t.equal(clientOf(LOCAL, balancer), balancer)
  }
})

const socketWith = (remote?: string, local?: string): StreamSocket =>
  ({
    ...(remote !== undefined && { remoteAddress: remote, remotePort: 5000 }),
    ...(local !== undefined && { localAddress: local, localPort: 1080 }),
  }) as unknown as StreamSocket

t.test('the ends in the header to a target', async t => {
  const ends = (header: ProxyHeader | null, socket: StreamSocket) => {
    const start = header && { header, rest: new Uint8Array(0), deadline: null as never }
    return endsOf({ socket, start })
  }
  const plain = socketWith('203.0.113.5', '192.0.2.1')
  const own = { source: proxyEnd('203.0.113.5', 5000), destination: proxyEnd('192.0.2.1', 1080) }
  t.strictSame(ends(null, plain), own)
  t.strictSame(ends(LOCAL, plain), own, 'the balancer itself')
  t.strictSame(ends(null, socketWith('::ffff:203.0.113.5', '::ffff:192.0.2.1')), own, 'unmapped')
  t.equal(ends(null, socketWith()), null, 'a UNIX socket')
  t.equal(ends(null, socketWith('203.0.113.5')), null, 'a socket that is closed')
  t.equal(ends(UNKNOWN, plain), null, 'no invented client')
  const named = {
    source: proxyEnd('198.51.100.9', 7),
    destination: proxyEnd('198.51.100.2', 443),
  }
  for (const socket of [plain, socketWith()]) {
    t.strictSame(ends(from('198.51.100.9', 7), socket), named)
    const mapped = proxied('::ffff:198.51.100.9', 7, '::ffff:198.51.100.2', 443)
    t.strictSame(ends(mapped, socket), named)
  }
})
