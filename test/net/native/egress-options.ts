import t from 'tap'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import type { Egress, EgressOverride } from '../../../src/core/egress.ts'
import {
  AF,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_MPTCP,
  IPPROTO_TCP,
  IPV6_TCLASS,
  IP_TOS,
  SO,
  SOCK,
  SOL_SOCKET,
  TCP_USER_TIMEOUT,
} from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { localEnd } from '../../../src/libc/socket-address.ts'
import {
  compilePath,
  createEgressOf,
  socketOptions,
} from '../../../src/net/native/egress-options.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

const withEgress = (over: EgressOverride): Egress => ({ ...PLAIN_EGRESS, ...over })

void t.test('only options that were changed are set, the interface first', t => {
  t.same(socketOptions(PLAIN_EGRESS, 4), [])
  const all = withEgress({
    interface: 'eth0',
    mark: 0xffff_ffff,
    congestion: 'bbr',
    userTimeoutMs: 30_000,
    tos: 184,
  })
  t.same(
    socketOptions(all, 4).map(({ key, level, name, value }) => [key, level, name, [...value]]),
    [
      ['interface', 1, 25, [...Buffer.from('eth0\0')]],
      ['mark', 1, 36, [-1]],
      ['congestion', 6, 13, [...Buffer.from('bbr\0')]],
      ['userTimeoutMs', 6, 18, [30_000]],
      ['tos', IPPROTO_IP, IP_TOS, [184]],
    ],
  )
  t.match(socketOptions(all, 6).at(-1), { level: IPPROTO_IPV6, name: IPV6_TCLASS })
  t.end()
})

/** A socket that is closed at the end of the test. */
const open = (libc: Libc, defer: (end: () => unknown) => void, domain: number, type: number) => {
  const fd = libc.socket(domain, type, 0)
  defer(() => libc.close(fd))
  return fd
}

const read = (libc: Libc, fd: number, level: number, name: number): number => {
  const value = new Int32Array(1)
  libc.getsockopt(fd, level, name, value)
  return value[0] ?? 0
}

nativeTest('the system has the options and the source address', (t, libc, defer) => {
  const own = withEgress({ bind4: '127.0.0.9', userTimeoutMs: 1234, tos: 184 })
  const egressOf = createEgressOf(libc, own)
  const { prepare, protocol } = egressOf(undefined)
  t.equal(protocol, 0)
  const four = open(libc, defer, AF.INET, SOCK.STREAM)
  t.equal(prepare(four, 4), 0)
  t.equal(localEnd(libc, four)?.address, '127.0.0.9')
  t.equal(localEnd(libc, four)?.port, 0, 'connect(2) chooses the port')
  t.equal(read(libc, four, IPPROTO_TCP, TCP_USER_TIMEOUT), 1234)
  t.equal(read(libc, four, IPPROTO_IP, IP_TOS), 184)
  const six = open(libc, defer, AF.INET6, SOCK.STREAM)
  t.equal(prepare(six, 6), 0)
  t.equal(localEnd(libc, six)?.address, '::')
  t.equal(read(libc, six, IPPROTO_IPV6, IPV6_TCLASS), 184)
})

nativeTest('an access rule replaces single keys, compiled once', (t, libc) => {
  const egressOf = createEgressOf(libc, withEgress({ noDelay: false }))
  const over = { mptcp: true }
  t.match(egressOf(undefined), { noDelay: false, protocol: 0 })
  t.match(egressOf(over), { noDelay: false, protocol: IPPROTO_MPTCP })
  t.equal(egressOf(over), egressOf(over))
  t.equal(egressOf(over).setKeepAlive, undefined)
  t.type(egressOf({ keepAlive: null }).setKeepAlive, 'function')
})

nativeTest('a plain egress makes no call', (t, libc) => {
  const none = new Proxy(libc, { get: () => () => t.fail('a call') })
  const { prepare } = createEgressOf(none, PLAIN_EGRESS)(undefined)
  t.equal(prepare(0, 4), 0)
  t.equal(compilePath(none, PLAIN_EGRESS)(0, 6), 0)
})

nativeTest('what fails ends the preparation with its error', (t, libc, defer) => {
  const prepared = (over: EgressOverride, family: 4 | 6): number => {
    const fd = open(libc, defer, family === 4 ? AF.INET : AF.INET6, SOCK.DGRAM)
    return compilePath(libc, withEgress(over))(fd, family)
  }
  t.equal(prepared({ bind6: 'none' }, 6), -99)
  t.equal(prepared({ bind6: 'none' }, 4), 0)
  t.equal(prepared({ bind4: '192.0.2.1' }, 4), -99, 'this host does not have it')
  t.equal(prepared({ interface: 'no-such-if' }, 4), -19)
  // The device is bound before the source address.
  t.equal(prepared({ interface: 'no-such-if', bind4: '192.0.2.1' }, 4), -19)
})

nativeTest('a path binds sockets of UDP to a device and an address', (t, libc, defer) => {
  const fd = open(libc, defer, AF.INET, SOCK.DGRAM)
  // A mark needs a capability.
  const mark = process.getuid?.() === 0 ? 7 : 0
  t.equal(compilePath(libc, withEgress({ bind4: '127.0.0.9', mark }))(fd, 4), 0)
  t.equal(localEnd(libc, fd)?.address, '127.0.0.9')
  t.not(localEnd(libc, fd)?.port, 0, 'UDP has its port at once')
  t.equal(read(libc, fd, SOL_SOCKET, SO.MARK), mark)
})
