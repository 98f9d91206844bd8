import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../../src/libc/constants.ts'
import { localEnd } from '../../../src/libc/socket-address.ts'
import { bindNative, openNative } from '../../../src/net/native/bind.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

nativeTest('what listens has the options that it is to have', (t, libc) => {
  const options = {
    reuseAddress: [SOL_SOCKET, SO.REUSEADDR],
    reusePort: [SOL_SOCKET, SO.REUSEPORT],
    noDelay: [IPPROTO_TCP, TCP_NODELAY],
    ipv6Only: [IPPROTO_IPV6, IPV6_V6ONLY],
  } as const
  for (const [host, reusePort] of [
    ['127.0.0.1', false],
    ['::1', true],
  ] as const) {
    const fd = bindNative(libc, { type: 'tcp', host, port: 0 }, reusePort)
    t.match(localEnd(libc, fd), { address: host })
    const value = new Int32Array(1)
    const on = Object.entries(options)
      .filter(
        ([, [level, name]]) => libc.getsockopt(fd, level, name, value) === 0 && value[0] === 1,
      )
      .map(([name]) => name)
    const always = ['reuseAddress', 'noDelay']
    t.same(on.toSorted(), [...always, ...(reusePort ? ['reusePort', 'ipv6Only'] : [])].toSorted())
    libc.close(fd)
  }
})

nativeTest('what cannot be is an error of the system, and leaves nothing open', (t, libc) => {
  const bind =
    (host: string, port = 0) =>
    () =>
      bindNative(libc, { type: 'tcp', host, port })
  t.throws(bind('203.0.113.1', 1080), {
    code: 'EADDRNOTAVAIL',
    syscall: 'bind',
    message: 'bind EADDRNOTAVAIL 203.0.113.1:1080',
  })
  t.throws(bind('fe80::1%no-such-zone', 1080), {
    code: 'EADDRNOTAVAIL',
    message: 'bind EADDRNOTAVAIL fe80::1%no-such-zone:1080',
  })
  t.throws(bind('example.com'), { code: 'ERR_INVALID_ADDRESS' })
})

nativeTest('a socket of the family of its address', (t, libc, defer) => {
  const four = openNative(libc, '127.0.0.1', 0)
  defer(() => libc.close(four.fd))
  t.match(four, { ip: { family: 4 }, scope: 0 })
  const six = openNative(libc, 'fe80::1%lo', 0)
  defer(() => libc.close(six.fd))
  t.match(six, { ip: { family: 6 }, scope: libc.ifNametoindex('lo') })
  t.ok(six.scope > 0)
  const lost = openNative(libc, 'fe80::1%nowhere', 0)
  defer(() => libc.close(lost.fd))
  t.equal(lost.scope, 0, 'of an interface that is not there')
  const value = new Int32Array(1)
  t.equal(libc.getsockopt(six.fd, IPPROTO_IPV6, IPV6_V6ONLY, value), 0)
  t.equal(value[0], 1, 'for IPv6 alone')
})

nativeTest('what a call returned is passed, or closes the socket and is thrown', (t, libc) => {
  const { fd, call } = openNative(libc, '127.0.0.1', 80)
  call('bind', 0)
  t.throws(() => call('bind', -98), {
    code: 'EADDRINUSE',
    syscall: 'bind',
    address: '127.0.0.1',
    port: 80,
  })
  t.equal(libc.close(fd), -9, 'it is closed')
})

nativeTest('what is no address, and what the system refuses', (t, libc) => {
  t.throws(() => openNative(libc, 'localhost', 80), { code: 'ERR_INVALID_ADDRESS' })
  const full = { ...libc, socket: () => -24 }
  t.throws(() => openNative(full, '127.0.0.1', 80), { code: 'EMFILE', syscall: 'socket' })
})
