import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import type { Ip } from '../../src/core/ip.ts'
import { parseIp } from '../../src/core/ip.ts'
import {
  connectionFailure,
  createSetKeepAlive,
  resetOnClose,
  socketDescriptor,
  unacknowledged,
} from '../../src/libc/connected-socket.ts'
import { AF, ERRNO, SOCK } from '../../src/libc/constants.ts'
import type { Libc } from '../../src/libc/libc.ts'
import { encodeSocketAddress } from '../../src/libc/socket-address.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { fdPair } from '../fixtures/relay-rig.ts'
import { socketPair } from '../fixtures/socket-pair.ts'
import { tcpOptionsOf } from '../fixtures/tcp-options.ts'

const WORDS = Buffer.from('words')

for (const hasEnded of [false, true]) {
  const title = hasEnded ? 'behind a FIN of our own' : 'of a connection that is open'
  nativeTest(
    `a reset behind bytes that were not read is seen once, ${title}`,
    async (t, libc, defer) => {
      const [inner, outer] = fdPair(libc, 'tcp')
      defer(() => libc.close(inner))
      if (hasEnded) libc.shutdown(inner, 1)
      libc.send(outer, WORDS, WORDS.length, 0x40)
      t.equal(connectionFailure(libc, inner), 0, 'it lives')
      resetOnClose(libc, outer)
      libc.close(outer)
      let failure = 0
      t.ok(await eventually(() => (failure = connectionFailure(libc, inner)) !== 0))
      t.equal(failure, ERRNO.ECONNRESET)
      t.equal(connectionFailure(libc, inner), 0)
      t.equal(libc.recv(inner, new Uint8Array(64), 64, 0x40), WORDS.length, 'the bytes are there')
    },
  )
}

nativeTest('a connection that both ends closed has not failed', async (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'tcp')
  defer(() => libc.close(inner))
  libc.send(outer, WORDS, WORDS.length, 0x40)
  libc.shutdown(outer, 1)
  libc.shutdown(inner, 1)
  libc.recv(outer, new Uint8Array(1), 1, 0)
  libc.close(outer)
  const buffer = new Uint8Array(64)
  t.ok(await eventually(() => libc.recv(inner, buffer, 64, 0x42) === WORDS.length))
  t.equal(connectionFailure(libc, inner), 0)
})

nativeTest('a UNIX socket and a closed descriptor report no failure', (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'unix')
  defer(() => libc.close(inner))
  libc.close(outer)
  t.equal(connectionFailure(libc, inner), 0)
  t.equal(connectionFailure(libc, -1), 0)
})

const BLOCK = Buffer.alloc(1_000_000)

nativeTest('unacknowledged bytes of a TCP socket count, and a FIN', async (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'tcp')
  defer(() => [inner, outer].forEach(libc.close))
  t.equal(unacknowledged(libc, inner), 0)
  const sent = libc.send(inner, BLOCK, BLOCK.length, 0x40)
  const left = unacknowledged(libc, inner)
  t.ok(left > 0 && left <= sent, `${left} of ${sent} bytes`)
  libc.shutdown(inner, 1)
  t.equal(unacknowledged(libc, inner), left + 1)
  const buffer = new Uint8Array(sent)
  const isRead = await eventually(() => {
    libc.recv(outer, buffer, buffer.length, 0x40)
    return unacknowledged(libc, inner) === 0
  })
  t.ok(isRead, 'nothing is left once it was read')
})

nativeTest('a UNIX socket has no unacknowledged bytes', (t, libc, defer) => {
  const [inner, outer] = fdPair(libc, 'unix')
  defer(() => [inner, outer].forEach(libc.close))
  t.ok(libc.send(inner, BLOCK, BLOCK.length, 0x40) > 0)
  t.equal(unacknowledged(libc, inner), 0)
})

nativeTest('a descriptor that is no socket has no unacknowledged bytes', (t, libc) => {
  t.equal(libc.ioctl(-1, 0x5411, new Int32Array(1)), -ERRNO.EBADF)
  t.equal(unacknowledged(libc, -1), 0)
})

for (const isReset of [true, false]) {
  nativeTest(
    isReset ? 'the peer gets RST' : 'without it the peer gets FIN',
    async (t, libc, defer) => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      defer(() => new Promise(resolve => server.close(resolve)))
      const fd = libc.socket(AF.INET, SOCK.STREAM, 0)
      const target = encodeSocketAddress(
        parseIp('127.0.0.1') as Ip,
        (server.address() as AddressInfo).port,
      )
      t.equal(libc.connect(fd, target, target.length), 0)
      const [peer] = (await once(server, 'connection')) as [Socket]
      const seen = new Promise(resolve => {
        peer.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
        peer.on('end', () => resolve('end'))
      })
      peer.resume()
      if (isReset) resetOnClose(libc, fd)
      libc.close(fd)
      t.equal(await seen, isReset ? 'ECONNRESET' : 'end')
      peer.destroy()
    },
  )
}

t.test('a socket of Node has a descriptor until it is closed', async t => {
  const { inner } = await socketPair(t)
  const fd = socketDescriptor(inner)
  if (process.platform === 'linux') {
    t.ok(fd > 2)
    t.ok(existsSync(`/proc/self/fd/${fd}`))
  }
  inner.destroy()
  t.equal(socketDescriptor(inner), -1)
})

t.test('a native socket reports its own descriptor', async t => {
  t.equal(socketDescriptor({ descriptor: 7 }), 7)
  t.equal(socketDescriptor({ descriptor: -1, _handle: { fd: 8 } }), -1, 'it is closed')
})

t.test('a socket without a descriptor reports -1', async t => {
  for (const socket of [{}, { _handle: null }, { _handle: {} }, { _handle: { fd: '3' } }]) {
    t.equal(socketDescriptor(socket), -1)
  }
})

nativeTest('keepalive is set, changed, and turned off', (t, libc, defer) => {
  const [fd, peer] = fdPair(libc, 'tcp')
  defer(() => [fd, peer].forEach(libc.close))
  t.equal(tcpOptionsOf(libc, fd).keepAlive, 'off')
  createSetKeepAlive(libc, { idleMs: 60_000, intervalMs: 15_000, count: 4 })(fd)
  t.same(tcpOptionsOf(libc, fd).keepAlive, [60, 15, 4])
  createSetKeepAlive(libc, { idleMs: 32_767_000, intervalMs: 1000, count: 127 })(fd)
  t.same(tcpOptionsOf(libc, fd).keepAlive, [32_767, 1, 127], 'the bounds')
  createSetKeepAlive(libc, null)(fd)
  t.equal(tcpOptionsOf(libc, fd).keepAlive, 'off')
})

nativeTest('TCP_KEEPIDLE is set last, so that idle time so far counts', (t, libc, defer) => {
  const names: number[] = []
  const watched: Libc = {
    ...libc,
    setsockopt: (fd, level, name, value) => {
      names.push(name)
      return libc.setsockopt(fd, level, name, value)
    },
  }
  const [fd, peer] = fdPair(libc, 'tcp')
  defer(() => [fd, peer].forEach(libc.close))
  createSetKeepAlive(watched, { idleMs: 60_000, intervalMs: 15_000, count: 4 })(fd)
  t.equal(names.at(-1), 4, 'TCP_KEEPIDLE')
})

nativeTest('a UNIX socket is not changed', (t, libc, defer) => {
  const [fd, peer] = fdPair(libc, 'unix')
  defer(() => [fd, peer].forEach(libc.close))
  const set = createSetKeepAlive(libc, { idleMs: 60_000, intervalMs: 15_000, count: 4 })
  t.doesNotThrow(() => set(fd))
  t.equal(libc.send(fd, Buffer.from('x'), 1, 0), 1)
})
