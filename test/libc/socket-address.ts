import { once } from 'node:events'
import { connect, createServer, isIPv6 } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { parseIp } from '../../src/core/ip.ts'
import { AF, SOCK } from '../../src/libc/constants.ts'
import {
  createSocketAddressBuffer,
  decodeSocketAddress,
  encodeSocketAddress,
  encodeUnixAddress,
  localEnd,
  peerEnd,
  unixPath,
} from '../../src/libc/socket-address.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'

const ipOf = (text: string) => {
  const ip = parseIp(text)
  if (!ip) throw new Error(`${text} is no address`)
  return ip
}

const interfaces = { ifIndextoname: (index: number) => (index === 7 ? 'eth7' : null) }

void t.test('sockaddr_in and sockaddr_in6, byte for byte', t => {
  t.same(
    Buffer.from(encodeSocketAddress(ipOf('192.0.2.1'), 0x1f90)).toString('hex'),
    '02001f90c00002010000000000000000',
  )
  t.same(
    Buffer.from(encodeSocketAddress(ipOf('fe80::1'), 80, 0x01020304)).toString('hex'),
    '0a00005000000000fe80000000000000000000000000000104030201',
  )
  t.end()
})

void t.test('sockaddr_un, byte for byte', t => {
  const bytes = encodeUnixAddress('/tmp/\u00e9')
  t.equal(Buffer.from(bytes).toString('hex'), '01002f746d702fc3a900')
  t.equal(decodeSocketAddress(bytes, interfaces), undefined, 'it is no end of a TCP connection')
  const name = Buffer.from(encodeUnixAddress('@ab'))
  t.equal(name.toString('hex'), '0100006162', 'an abstract name ends with the address')
  t.end()
})

void t.test('encoded addresses are decoded', t => {
  for (const text of ['0.0.0.0', '127.0.0.1', '255.254.253.252', '::', '::1', '2001:db8::7:0:1']) {
    for (const port of [0, 1, 255, 256, 65_535]) {
      const bytes = encodeSocketAddress(ipOf(text), port, 9)
      t.same(decodeSocketAddress(bytes, interfaces), { address: text, port })
    }
  }
  const part = new Uint8Array(40).subarray(5)
  part.set(encodeSocketAddress(ipOf('fe80::1'), 9, 7))
  t.match(decodeSocketAddress(part, interfaces), { address: 'fe80::1%eth7' }, 'in any place')
  t.end()
})

void t.test('only a link-local address has a zone', t => {
  const zoned = (text: string, scope: number): string | undefined =>
    decodeSocketAddress(encodeSocketAddress(ipOf(text), 9, scope), interfaces)?.address
  t.equal(zoned('fe80::1', 7), 'fe80::1%eth7')
  t.equal(zoned('febf::1', 7), 'febf::1%eth7')
  t.equal(zoned('fe80::1', 8), 'fe80::1', 'the interface is gone')
  t.equal(zoned('fe80::1', 0), 'fe80::1')
  for (const other of ['fec0::1', 'fe00::1', 'ff02::1', '2001:db8::1']) {
    t.equal(zoned(other, 7), other)
  }
  t.end()
})

nativeTest("localEnd and peerEnd equal Node's", async (t, libc, defer) => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer(socket => socket.destroy())
    server.listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd: number } }
    t.same(localEnd(libc, handle.fd), { address: host, port })
    const client = connect(port, host)
    await once(client, 'connect')
    const inner = (client as unknown as { readonly _handle: { readonly fd: number } })._handle
    t.same(localEnd(libc, inner.fd), { address: client.localAddress, port: client.localPort })
    t.same(peerEnd(libc, inner.fd), { address: host, port })
    t.equal(peerEnd(libc, handle.fd), undefined, 'a listening socket has no other end')
    t.equal(isIPv6(client.localAddress ?? ''), isIPv6(host))
    client.destroy()
    defer(() => server.close())
  }
  t.equal(localEnd(libc, -1), undefined)
})

nativeTest('the system accepts encoded addresses', (t, libc) => {
  for (const [family, text] of [
    [AF.INET, '127.0.0.1'],
    [AF.INET6, '::1'],
  ] as const) {
    const fd = libc.socket(family, SOCK.STREAM, 0)
    const address = encodeSocketAddress(ipOf(text), 0, libc.ifNametoindex('lo'))
    t.equal(libc.bind(fd, address, address.length), 0)
    const { bytes, length } = createSocketAddressBuffer()
    t.equal(libc.getsockname(fd, bytes, length), 0)
    t.equal(length[0], address.length)
    t.equal(decodeSocketAddress(bytes, libc)?.address, text)
    libc.close(fd)
  }
})

nativeTest('the path of a UNIX socket', async (t, libc) => {
  const path = join(makeSocketDir(t), 's')
  for (const name of [path, `@eyeballd-test${path}`]) {
    const fd = libc.socket(AF.UNIX, SOCK.STREAM, 0)
    t.equal(unixPath(libc, fd), undefined, 'it has none yet')
    const address = encodeUnixAddress(name)
    libc.bind(fd, address, address.length)
    t.equal(unixPath(libc, fd), name)
    libc.close(fd)
  }
  t.equal(unixPath(libc, -1), undefined)
})
