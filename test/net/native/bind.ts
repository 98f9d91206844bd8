import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { parseIp } from '../../../src/core/ip.ts'
import {
  AF,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO,
  SOCK,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { encodeSocketAddress, localEnd } from '../../../src/libc/socket-address.ts'
import { bindNative, reservePort, openNative } from '../../../src/net/native/bind.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { freePort } from '../../fixtures/tcp-target.ts'

nativeTest('a listening socket has its options', (t, libc) => {
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

nativeTest("a failed bind throws the system's error and leaks nothing", (t, libc) => {
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

nativeTest('the socket has the family of its address', (t, libc, defer) => {
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

nativeTest('a failed call closes the socket and throws', (t, libc) => {
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

nativeTest('an invalid address and a refused socket are errors', (t, libc) => {
  t.throws(() => openNative(libc, 'localhost', 80), { code: 'ERR_INVALID_ADDRESS' })
  const full = { ...libc, socket: () => -24 }
  t.throws(() => openNative(full, '127.0.0.1', 80), { code: 'EMFILE', syscall: 'socket' })
})

const loaded = loadLibc()
const skip = loaded.ok ? false : `the C library is not opened: ${loaded.reason}`
const libc = (loaded.ok ? loaded.libc : undefined) as Libc

const descriptors = (): number => readdirSync('/proc/self/fd').length

/** Listens as one of several: 0, or a negative error number. The socket is closed with the test. */
const share = (t: Test, host: string, port: number): number => {
  const ip = parseIp(host)
  if (!ip) throw new Error(host)
  const fd = libc.socket(ip.family === 4 ? AF.INET : AF.INET6, SOCK.STREAM, 0)
  t.teardown(() => libc.close(fd))
  for (const name of [SO.REUSEADDR, SO.REUSEPORT]) {
    libc.setsockopt(fd, SOL_SOCKET, name, Int32Array.of(1))
  }
  const address = encodeSocketAddress(ip, port)
  const bound = libc.bind(fd, address, address.length)
  return bound < 0 ? bound : libc.listen(fd, 16)
}

/** Listens alone, as any program: `listening`, or the code of the error. */
const listenAlone = (host: string, port: number): Promise<string> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    server.listen({ host, port }, () => server.close(() => resolve('listening')))
  })

/** Whether a connection is taken there: `connected`, or the code of the error. */
const tryConnect = (host: string, port: number): Promise<string> =>
  new Promise(resolve => {
    const socket = connect({ host, port })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
  })

const inUse = { code: 'EADDRINUSE' }

t.test('a reserved port is open only to sockets that share it', { skip }, async t => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1']) {
    const port = await freePort(host)
    const held = reservePort(libc, host, port)
    t.equal(held.port, port)
    t.throws(() => reservePort(libc, host, port), inUse, 'another one who would hold it')
    t.equal(await listenAlone(host, port), 'EADDRINUSE')
    t.equal(await tryConnect(host, port), 'ECONNREFUSED', 'it takes no connection itself')
    t.equal(share(t, host, port), 0, 'one shares it')
    t.equal(share(t, host, port), 0, 'and another one')
    t.throws(() => reservePort(libc, host, port), inUse, 'while they listen')
    held.close()
    t.throws(() => reservePort(libc, host, port), inUse, 'while they listen, and nobody holds')
  }
})

t.test('port 0 reserves a free port', { skip }, async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const held = reservePort(libc, host, 0)
    t.ok(held.port > 0)
    t.throws(() => reservePort(libc, host, held.port), inUse)
    t.equal(await listenAlone(host, held.port), 'EADDRINUSE')
    t.equal(share(t, host, held.port), 0)
    t.equal(share(t, host, held.port), 0)
    held.close()
  }
})

t.test('a released port is free', { skip }, async t => {
  const before = descriptors()
  const held = reservePort(libc, '127.0.0.1', 0)
  const { port } = held
  held.close()
  held.close()
  t.equal(await listenAlone('127.0.0.1', port), 'listening')
  t.equal(descriptors(), before, 'no descriptor is left')
})

t.test(
  'a wildcard reservation conflicts with a single address, and vice versa',
  { skip },
  async t => {
    const port = await freePort()
    const held = reservePort(libc, '0.0.0.0', port)
    t.throws(() => reservePort(libc, '127.0.0.1', port), inUse)
    const other = reservePort(libc, '::', port)
    other.close()
    held.close()
    const one = reservePort(libc, '127.0.0.1', port)
    t.throws(() => reservePort(libc, '0.0.0.0', port), inUse)
    one.close()
  },
)

t.test('a port in use is an error, and no socket is left', { skip }, async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const before = descriptors()
  t.throws(() => reservePort(libc, '127.0.0.1', port), {
    code: 'EADDRINUSE',
    message: `bind EADDRINUSE 127.0.0.1:${port}`,
  })
  t.throws(() => reservePort(libc, '192.0.2.1', 0), { code: 'EADDRNOTAVAIL' })
  t.throws(() => reservePort(libc, 'localhost', 0), { code: 'ERR_INVALID_ADDRESS' })
  t.equal(descriptors(), before)
})

t.test('no socket: the error is reported', { skip }, async t => {
  const none = { ...libc, socket: () => -24 }
  t.throws(() => reservePort(none, '127.0.0.1', 0), { code: 'EMFILE', syscall: 'socket' })
})
