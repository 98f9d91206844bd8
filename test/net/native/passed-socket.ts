import { join } from 'node:path'
import { AF, SOCK } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { encodeSocketAddress, encodeUnixAddress } from '../../../src/libc/socket-address.ts'
import { parseIp } from '../../../src/core/ip.ts'
import { bindNative } from '../../../src/net/native/bind.ts'
import { inspectPassed } from '../../../src/net/native/passed-socket.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

type Defer = (end: () => unknown) => void

const bound = (libc: Libc, defer: Defer, type: number, address: Uint8Array): number => {
  const domain = address[0] === AF.UNIX ? AF.UNIX : AF.INET
  const fd = libc.socket(domain, type, 0)
  defer(() => libc.close(fd))
  libc.bind(fd, address, address.length)
  return fd
}

const loopback = (): Uint8Array => {
  const ip = parseIp('127.0.0.1')
  if (!ip) throw new Error('no address')
  return encodeSocketAddress(ip, 0)
}

nativeTest('listening stream sockets of all families', async (t, libc, defer) => {
  for (const host of ['127.0.0.1', '::1']) {
    const fd = bindNative(libc, { type: 'tcp', host, port: 0 })
    defer(() => libc.close(fd))
    const found = inspectPassed(libc, fd)
    t.match(found, { ok: true, address: { type: 'tcp', host, passed: fd } })
    t.ok(found.ok && found.address.type === 'tcp' && found.address.port > 0)
  }
  const path = join(makeSocketDir(t), 's')
  for (const name of [path, `@eyeballd-test${path}`]) {
    const fd = bound(libc, defer, SOCK.STREAM, encodeUnixAddress(name))
    libc.listen(fd, 1)
    t.same(inspectPassed(libc, fd), {
      ok: true,
      address: { type: 'unix', path: name, passed: fd },
    })
  }
})

nativeTest('everything else is refused, and says what it is', async (t, libc, defer) => {
  const datagram = bound(libc, defer, SOCK.DGRAM, loopback())
  t.match(inspectPassed(libc, datagram), { ok: false, fault: /^is a datagram socket/ })
  const idle = bound(libc, defer, SOCK.STREAM, loopback())
  t.match(inspectPassed(libc, idle), { ok: false, fault: /^does not listen/ })
  const ends = new Int32Array(2)
  libc.pipe2(ends, 0)
  for (const fd of ends) defer(() => libc.close(fd))
  t.match(inspectPassed(libc, ends[0] ?? -1), { ok: false, fault: 'is not a socket' })
  t.match(inspectPassed(libc, 9999), { ok: false, fault: 'is not open' })
  const SEQPACKET = 5
  const packets = libc.socket(AF.UNIX, SEQPACKET, 0)
  defer(() => libc.close(packets))
  t.match(inspectPassed(libc, packets), { ok: false, fault: 'is not a stream socket' })
})
