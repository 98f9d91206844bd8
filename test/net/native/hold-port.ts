import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { parseIp } from '../../../src/core/ip.ts'
import { AF, SO, SOCK, SOL_SOCKET } from '../../../src/libc/constants.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { encodeSocketAddress } from '../../../src/libc/socket-address.ts'
import type { Libc } from '../../../src/libc/types.ts'
import { holdPort } from '../../../src/net/native/hold-port.ts'
import { freePort } from '../../fixtures/tcp-target.ts'
import { readdirSync } from 'node:fs'

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
const knock = (host: string, port: number): Promise<string> =>
  new Promise(resolve => {
    const socket = connect({ host, port })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.once('connect', () => {
      socket.destroy()
      resolve('connected')
    })
  })

const inUse = { code: 'EADDRINUSE' }

t.test('a port is held against all but those who share it', { skip }, async t => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1']) {
    const port = await freePort(host)
    const held = holdPort(libc, host, port)
    t.equal(held.port, port)
    t.throws(() => holdPort(libc, host, port), inUse, 'another one who would hold it')
    t.equal(await listenAlone(host, port), 'EADDRINUSE')
    t.equal(await knock(host, port), 'ECONNREFUSED', 'it takes no connection itself')
    t.equal(share(t, host, port), 0, 'one shares it')
    t.equal(share(t, host, port), 0, 'and another one')
    t.throws(() => holdPort(libc, host, port), inUse, 'while they listen')
    held.close()
    t.throws(() => holdPort(libc, host, port), inUse, 'while they listen, and nobody holds')
  }
})

t.test('any free port is held as well', { skip }, async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const held = holdPort(libc, host, 0)
    t.ok(held.port > 0)
    t.throws(() => holdPort(libc, host, held.port), inUse)
    t.equal(await listenAlone(host, held.port), 'EADDRINUSE')
    t.equal(share(t, host, held.port), 0)
    t.equal(share(t, host, held.port), 0)
    held.close()
  }
})

t.test('a port that is given back is free', { skip }, async t => {
  const before = descriptors()
  const held = holdPort(libc, '127.0.0.1', 0)
  const { port } = held
  held.close()
  held.close()
  t.equal(await listenAlone('127.0.0.1', port), 'listening')
  t.equal(descriptors(), before, 'no descriptor is left')
})

t.test(
  'a wildcard is held against one address of its, and the other way round',
  { skip },
  async t => {
    const port = await freePort()
    const held = holdPort(libc, '0.0.0.0', port)
    t.throws(() => holdPort(libc, '127.0.0.1', port), inUse)
    const other = holdPort(libc, '::', port)
    other.close()
    held.close()
    const one = holdPort(libc, '127.0.0.1', port)
    t.throws(() => holdPort(libc, '0.0.0.0', port), inUse)
    one.close()
  },
)

t.test('who listens already is told of, and nothing is left', { skip }, async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const before = descriptors()
  t.throws(() => holdPort(libc, '127.0.0.1', port), {
    code: 'EADDRINUSE',
    message: `bind EADDRINUSE 127.0.0.1:${port}`,
  })
  t.throws(() => holdPort(libc, '192.0.2.1', 0), { code: 'EADDRNOTAVAIL' })
  t.throws(() => holdPort(libc, 'localhost', 0), { code: 'ERR_INVALID_ADDRESS' })
  t.equal(descriptors(), before)
})

t.test('no socket: the error is told', { skip }, async t => {
  const none = { ...libc, socket: () => -24 }
  t.throws(() => holdPort(none, '127.0.0.1', 0), { code: 'EMFILE', syscall: 'socket' })
})
