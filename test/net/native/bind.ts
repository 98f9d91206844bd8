import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../../src/libc/constants.ts'
import { localEnd } from '../../../src/libc/socket-address.ts'
import { bindNative } from '../../../src/net/native/bind.ts'
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
