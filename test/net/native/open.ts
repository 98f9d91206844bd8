import { IPPROTO_IPV6, IPV6_V6ONLY } from '../../../src/libc/constants.ts'
import { openNative } from '../../../src/net/native/open.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

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
