import t from 'tap'
import type { Egress, EgressOverride } from '../../../src/core/egress.ts'
import { PLAIN_EGRESS } from '../../../src/core/egress.ts'
import { AF, IPPROTO_MPTCP } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { missingNativeEgress } from '../../../src/net/native/missing-egress.ts'

const withEgress = (over: EgressOverride): Egress => ({ ...PLAIN_EGRESS, ...over })

/** The C library of a kernel in which calls fail as the test says; it counts the sockets that are open. */
const kernel = (refuse: {
  readonly socket?: (domain: number, protocol: number) => number
  readonly option?: (level: number, name: number, protocol: number) => number
}) => {
  const open = new Map<number, number>()
  let next = 10
  const calls = {
    socket: (domain: number, _type: number, protocol: number) => {
      const refused = refuse.socket?.(domain, protocol) ?? 0
      if (refused < 0) return refused
      open.set(++next, protocol)
      return next
    },
    setsockopt: (fd: number, level: number, name: number) =>
      refuse.option?.(level, name, open.get(fd) ?? 0) ?? 0,
    close: (fd: number) => (open.delete(fd) ? 0 : -9),
  }
  return { libc: calls as Partial<Libc> as Libc, open }
}

const missing = (over: EgressOverride, refuse: Parameters<typeof kernel>[0]) => {
  const { libc, open } = kernel(refuse)
  const found = missingNativeEgress(libc, withEgress(over))
  t.equal(open.size, 0, 'no socket stays open')
  return found
}

void t.test('what is missing is named', t => {
  const refuse = (level: number, name: number, errno: number) => ({
    option: (l: number, n: number) => (l === level && n === name ? errno : 0),
  })
  t.equal(missing({ mark: 7, tos: 8, congestion: 'bbr', userTimeoutMs: 1 }, {}), undefined)
  t.match(missing({ mark: 7 }, refuse(1, 36, -1)), { key: 'mark', reason: /CAP_NET_ADMIN/ })
  t.match(missing({ interface: 'eth0' }, refuse(1, 25, -1)), {
    key: 'interface',
    reason: /CAP_NET_RAW \(Linux before 5\.7\)/,
  })
  t.match(missing({ congestion: 'vegas' }, refuse(6, 13, -2)), {
    key: 'congestion',
    reason: /does not have: net\.ipv4\.tcp_available_congestion_control/,
  })
  t.match(missing({ congestion: 'bbr' }, refuse(6, 13, -1)), {
    reason: /tcp_allowed_congestion_control/,
  })
  t.match(missing({ tos: 8 }, refuse(41, 67, -92)), { key: 'tos', reason: /\(ENOPROTOOPT\)/ })
  t.equal(missing({ tos: 8, bind6: 'none' }, refuse(41, 67, -92)), undefined, 'IPv6 is not used')
  t.end()
})

void t.test('an interface, or a family, that the host does not have is no failure', t => {
  t.equal(missing({ interface: 'wg0' }, { option: () => -19 }), undefined)
  t.equal(missing({ tos: 8 }, { socket: domain => (domain === AF.INET6 ? -97 : 0) }), undefined)
  t.end()
})

void t.test('Multipath TCP', t => {
  for (const errno of [-93, -92, -22]) {
    const socket = (_domain: number, protocol: number) => (protocol === IPPROTO_MPTCP ? errno : 0)
    t.match(missing({ mptcp: true }, { socket }), { key: 'mptcp', reason: /net\.mptcp\.enabled/ })
  }
  const onMptcp = (errno: number) => ({
    option: (_level: number, _name: number, protocol: number) =>
      protocol === IPPROTO_MPTCP ? errno : 0,
  })
  t.match(missing({ mptcp: true, userTimeoutMs: 1 }, onMptcp(-92)), {
    key: 'userTimeoutMs',
    reason: /Multipath TCP: leave it or mptcp out/,
  })
  t.match(missing({ mptcp: true, tos: 8 }, onMptcp(-95)), { key: 'tos' })
  // A socket of MPTCP takes any name of an algorithm.
  const option = (_level: number, _name: number, protocol: number) => (protocol === 0 ? -2 : 0)
  t.match(missing({ mptcp: true, congestion: 'vegas' }, { option }), { key: 'congestion' })
  t.end()
})

void t.test('without options no socket is opened; without a descriptor it throws', t => {
  const socket = () => t.fail('a socket') as unknown as number
  t.equal(missing({ bind4: '192.0.2.1', bind6: 'none', noDelay: false }, { socket }), undefined)
  t.throws(() => missing({ mark: 7 }, { socket: () => -24 }), {
    code: 'EMFILE',
    message: 'egress cannot be checked, because no socket can be opened (EMFILE)',
  })
  t.end()
})
