import t from 'tap'
import {
  createConnectionIds,
  isLocalShare,
  readPeer,
  shareOf,
  shareText,
} from '../../src/listener/accepted.ts'

t.test('who has connected', async t => {
  const read = (remoteAddress?: string, remotePort?: number): unknown =>
    readPeer({ remoteAddress, remotePort }, 'tcp')
  t.match(read('192.0.2.1', 7), { text: '192.0.2.1:7', key: '192.0.2.1', ip: { family: 4 } })
  t.match(read('::ffff:192.0.2.1', 7), { text: '192.0.2.1:7', key: '192.0.2.1' })
  t.match(read('2001:db8::1', 7), { text: '[2001:db8::1]:7', key: '2001:db8::1' })
  for (const [address, isLocal] of [
    ['127.0.0.9', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.0.2.1', false],
    ['fe80::1', false],
  ] as const)
    t.match(read(address, 7), { isLocal }, address)
  t.match(read('fe80::1%eth0', 7), { text: '[fe80::1%eth0]:7', ip: { family: 6 } })
})

t.test('a TCP client without an address is gone, and not one on a UNIX socket', async t => {
  t.equal(readPeer({ remoteAddress: undefined, remotePort: undefined }, 'tcp'), undefined)
  t.equal(readPeer({ remoteAddress: '192.0.2.1', remotePort: undefined }, 'tcp'), undefined)
  t.equal(readPeer({ remoteAddress: 'nonsense', remotePort: 1 }, 'tcp'), undefined)
  t.same(readPeer({ remoteAddress: undefined, remotePort: undefined }, 'unix'), {
    text: 'unix',
    key: 'unix',
    ip: null,
    isLocal: true,
  })
})

t.test('whose share a client takes: its address, or its IPv6 network', async t => {
  const share = (remoteAddress: string): string | undefined => {
    const peer = readPeer({ remoteAddress, remotePort: 7 }, 'tcp')
    return peer && shareOf(peer)
  }
  t.equal(share('192.0.2.1'), '192.0.2.1')
  t.equal(share('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(share('2001:db8::1'), share('2001:db8::ffff:1'))
  t.not(share('2001:db8::1'), share('2001:db8:0:1::1'))
  t.not(share('fe80::1%eth0'), share('fe80::2%eth0'), 'hosts of one link')
  const unix = readPeer({ remoteAddress: undefined, remotePort: undefined }, 'unix')
  t.equal(unix && shareOf(unix), 'unix')
})

t.test('a share for people, and whether it is that of this host', async t => {
  for (const [remoteAddress, text, isLocal] of [
    ['192.0.2.1', '192.0.2.1', false],
    ['::ffff:192.0.2.1', '192.0.2.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.200.30.4', '127.200.30.4', true],
    ['::1', '::/64', true],
    ['2001:db8:1:2:3::4', '2001:db8:1:2::/64', false],
    ['7f00:1:2:3::1', '7f00:1:2:3::/64', false],
    ['fe80::1%eth0', 'fe80::1%eth0', false],
  ] as const) {
    const peer = readPeer({ remoteAddress, remotePort: 7 }, 'tcp')
    const share = peer ? shareOf(peer) : ''
    t.equal(shareText(share), text)
    t.equal(isLocalShare(share), isLocal, text)
    t.ok(!peer?.isLocal || isLocal, 'every client that counts as local')
  }
  t.same([shareText('unix'), isLocalShare('unix')], ['unix', true])
})

t.test('a client that a balancer names has no share of this host', async t => {
  for (const remoteAddress of ['127.0.0.1', '127.9.9.9', '::1', '::2', '192.0.2.1']) {
    const peer = readPeer({ remoteAddress, remotePort: 7 }, 'tcp')
    if (!peer) throw new Error('there is no peer')
    const foreign = shareOf({ ...peer, isLocal: false })
    t.equal(isLocalShare(foreign), false, remoteAddress)
    t.equal(foreign === shareOf(peer), !peer.isLocal, remoteAddress)
    t.match(shareText(foreign), /^[\da-f.:]+/, 'a text for people')
  }
  const unix = readPeer({ remoteAddress: undefined, remotePort: undefined }, 'unix')
  t.equal(unix && isLocalShare(shareOf({ ...unix, isLocal: false })), false)
})

t.test('ids are short, unique and begin anywhere', async t => {
  const next = createConnectionIds(() => 0)
  t.same([next(), next(), next()], ['c0', 'c1', 'c2'])
  const high = createConnectionIds(() => 0.999_999_999)
  t.same([high(), high()], ['czzzz', 'c10000'])
  const second = createConnectionIds(() => 0, '-2')
  t.same([second(), second()], ['c0-2', 'c1-2'], 'those of another process are others')
})
