import t from 'tap'
import { ERRNO, MSG } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import type { Poller } from '../../../src/libc/epoll-events.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createNativeSocket } from '../../../src/net/native/native-socket.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { MSG_OOB, fdPair } from '../../fixtures/relay-rig.ts'
import { STREAM_SOCKET_CASES, record } from '../../fixtures/stream-socket-cases.ts'
import { bareConnection, nativePair, nodePair } from '../../fixtures/tried-pair.ts'

type Defer = (end: () => unknown) => void

const made = (libc: Libc, defer: Defer): Poller => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  return poller
}

for (const [name, run] of Object.entries(STREAM_SOCKET_CASES)) {
  nativeTest(`native: ${name}`, async (t, libc, defer) => {
    const poller = made(libc, defer)
    await run(t, await nativePair(libc, poller, defer))
  })
  nativeTest(`Node: ${name}`, async (t, _libc, defer) => {
    await run(t, await nodePair(defer))
  })
}

const read = (libc: Libc, fd: number): string | number => {
  const received = new Uint8Array(64)
  const count = libc.recv(fd, received, received.length, MSG.DONTWAIT)
  return count > 0 ? Buffer.from(received.subarray(0, count)).toString() : count
}

nativeTest(
  'a UNIX socket has no addresses, and reads on after a short read',
  async (t, libc, defer) => {
    const [fd, peer] = fdPair(libc, 'unix')
    defer(() => libc.close(peer))
    // As behind a passed descriptor: the message ends there, and more is in the queue.
    const recv: Libc['recv'] = (from, buffer, length, flags) =>
      libc.recv(from, buffer, Math.min(length, 3), flags)
    const poller = made(libc, defer)
    const socket = createNativeSocket({ libc: { ...libc, recv }, poller, fd, remote: undefined })
    defer(() => socket.destroy())
    t.same(
      [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort],
      [undefined, undefined, undefined, undefined],
    )
    const seen = record(socket)
    const words = Buffer.from('abcdefgh')
    libc.send(peer, words, words.length, MSG.NOSIGNAL)
    socket.resume()
    await eventually(() => seen[0] === 'data abcdefgh')
    t.same(seen, ['data abcdefgh'])
  },
)

nativeTest('a reset that a write gets first is no end of stream', async (t, libc, defer) => {
  const { outer, inner } = await nativePair(libc, made(libc, defer), defer)
  const seen = record(inner)
  inner.resume()
  outer.resetAndDestroy()
  inner.write(Buffer.from('x'))
  await eventually(() => seen.some(event => event.startsWith('close')))
  t.notMatch(seen.join(), 'end')
  t.match(seen.join(), 'ECONNRESET')
})

nativeTest(
  'a detached socket is unusable, and its descriptor has the unread bytes',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    for (const ending of ['FIN', 'RST', 'nothing'] as const) {
      const { outer, inner } = await nativePair(libc, poller, defer)
      const seen = record(inner)
      let written = false
      outer.write('unread')
      await allArrived()
      if (ending === 'FIN') outer.end()
      if (ending === 'RST') outer.resetAndDestroy()
      else inner.write(Buffer.from('x'), () => (written = true))
      await allArrived()
      inner.resume()
      const fd = inner.detach()
      t.ok(fd >= 0)
      t.equal(inner.detach(), -1)
      t.same([inner.destroyed, inner.closed, inner.writable], [true, false, false])
      inner.resume()
      inner.pause()
      inner.end()
      inner.destroy(new Error('dead'))
      inner.resetAndDestroy()
      await allArrived()
      t.same(seen, [], 'no event')
      t.equal(written, ending !== 'RST')
      t.equal(read(libc, fd), 'unread')
      const next = { FIN: 0, RST: -ERRNO.ECONNRESET, nothing: -ERRNO.EAGAIN }[ending]
      t.equal(read(libc, fd), next, ending)
      libc.close(fd)
    }
  },
)

nativeTest(
  'a socket whose end was read, or that has sent its own, can be detached',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    const { outer, inner } = await nativePair(libc, poller, defer)
    const seen = record(inner)
    outer.end()
    inner.resume()
    await eventually(() => inner.readableEnded)
    inner.end()
    libc.close(inner.detach())
    await allArrived()
    t.same(seen, ['end'], 'nothing that was still to come')
  },
)

nativeTest('a reset right behind bytes is reported as a reset', async (t, libc, defer) => {
  const poller = made(libc, defer)
  for (const wait of [true, false]) {
    const { outer, inner } = await nativePair(libc, poller, defer)
    const seen = record(inner)
    if (!wait) inner.resume()
    outer.write('last words', () => outer.resetAndDestroy())
    await allArrived()
    inner.resume()
    await eventually(() => seen.length === 3)
    t.same(seen, ['data last words', 'error read ECONNRESET', 'close true'])
  }
})

nativeTest("after a failed write the peer's bytes can still be read", async (t, libc, defer) => {
  const poller = made(libc, defer)
  for (const isQueued of [false, true]) {
    const { outer, inner } = await nativePair(libc, poller, defer)
    const seen = record(inner)
    const heard: string[] = []
    const note = (error?: (Error & { code?: string }) | null): void => {
      t.match(error?.code, /^(ECONNRESET|EPIPE)$/)
      heard.push(String(read(libc, inner.descriptor ?? -1)))
    }
    if (isQueued) inner.write(Buffer.alloc(16 * 1024 * 1024), note)
    outer.write('last words')
    await allArrived()
    outer.resetAndDestroy()
    if (!isQueued) {
      await allArrived()
      t.equal(inner.write(Buffer.from('x'), note), false)
      t.same([inner.destroyed, inner.writable], [false, false])
      t.match(inner.errored, { code: 'ECONNRESET' })
      t.equal(inner.write(Buffer.from('y'), note), false)
    }
    await eventually(() => inner.closed)
    t.equal(heard[0], 'last words')
    t.equal(heard.length, isQueued ? 1 : 2)
    t.equal(inner.descriptor, -1)
    t.match(seen, [/^error write E/, 'close true'])
  }
})

nativeTest('a socket that flows reads the answer before a failed write', async (t, libc, defer) => {
  const poller = made(libc, defer)
  const { outer, inner } = await nativePair(libc, poller, defer)
  const seen = record(inner)
  outer.write('too large')
  await allArrived()
  outer.resetAndDestroy()
  await allArrived()
  inner.resume()
  // In the same turn, before the poller can read.
  inner.write(Buffer.from('x'), error => seen.push(`written ${error?.name}`))
  await eventually(() => inner.closed)
  t.same(seen.slice(0, 1), ['data too large'])
  t.ok(seen.includes('written Error'))
  t.equal(seen.at(-1), 'close true')
})

nativeTest('the accepted part of a write is not queued', async (t, libc, defer) => {
  const poller = made(libc, defer)
  const { outer, inner } = await nativePair(libc, poller, defer)
  // More than the system may ever hold for one connection.
  const size = 80 * 1024 * 1024
  inner.write(Buffer.alloc(size))
  const first = inner.writableLength
  t.ok(first > 0 && first < size)
  let got = 0
  outer.on('data', (chunk: Buffer) => {
    got += chunk.length
    if (got > size / 8) outer.pause()
  })
  outer.resume()
  await eventually(() => inner.writableLength < first)
  const left = inner.writableLength
  t.ok(left > 0 && left < first)
  inner.destroy()
  t.equal(inner.writableLength, left, 'what never left is known after the end as well')
})

nativeTest('a socket with much to read gives other sockets their turns', async (t, libc, defer) => {
  const poller = made(libc, defer)
  const [busy, quiet] = [
    await nativePair(libc, poller, defer),
    await nativePair(libc, poller, defer),
  ]
  let most = 0
  let since = 0
  busy.inner.on('data', (chunk: Buffer) => {
    since += chunk.length
    most = Math.max(most, since)
  })
  const block = Buffer.alloc(4 * 1024 * 1024)
  const feed = (): boolean => busy.outer.write(block, () => busy.outer.destroyed || feed())
  feed()
  busy.inner.resume()
  let answers = 0
  const turn = (): void => {
    since = 0
    if (!busy.inner.destroyed) setImmediate(turn)
  }
  turn()
  quiet.inner.on('data', (chunk: Buffer) => quiet.inner.write(chunk))
  quiet.inner.resume()
  quiet.outer.on('data', () => {
    answers++
    quiet.outer.write('x')
  })
  quiet.outer.resume().write('x')
  await eventually(() => answers > 20 && most > 0)
  t.ok(answers > 20, `${answers} answers`)
  // Two turns at the most: what comes by an event, and what was put off.
  t.ok(most <= 2 * 256 * 1024, `${most} bytes in a turn`)
})

nativeTest(
  'an exception in a listener loses no later bytes and no queued writes',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    const { outer, inner } = await nativePair(libc, poller, defer)
    const own = process.listeners('uncaughtException')
    let thrown = 0
    const onThrown = (): void => void thrown++
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', onThrown)
    defer(() => {
      process.off('uncaughtException', onThrown)
      for (const listener of own) process.on('uncaughtException', listener)
    })
    const size = 4 * 1024 * 1024
    let got = 0
    let echoed = 0
    inner.on('data', (chunk: Buffer) => {
      got += chunk.length
      throw new Error('of a listener')
    })
    inner.write(Buffer.alloc(size))
    outer.on('data', (chunk: Buffer) => (echoed += chunk.length))
    outer.end(Buffer.alloc(size))
    inner.resume()
    outer.resume()
    await eventually(() => got === size && echoed === size && inner.readableEnded)
    t.same([got, echoed, inner.readableEnded], [size, size, true])
    t.ok(thrown > 0)
  },
)

nativeTest(
  'one that cannot be watched is destroyed by the system’s word',
  async (t, libc, defer) => {
    const poller = made(libc, defer)
    const { fd, remote } = await bareConnection(libc, defer)
    const full: Poller = { ...poller, watch: () => -ERRNO.EPERM }
    const socket = createNativeSocket({ libc, poller: full, fd, remote })
    const seen = record(socket)
    t.ok(socket.destroyed)
    await eventually(() => seen.length === 2)
    t.same(seen, ['error epoll_ctl EPERM', 'close true'])
  },
)

nativeTest('the local end is read on first use and stays known', async (t, libc, defer) => {
  const poller = made(libc, defer)
  let asked = 0
  const counting: Libc = {
    ...libc,
    getsockname: (...args) => {
      asked++
      return libc.getsockname(...args)
    },
  }
  const { outer, inner } = await nativePair(counting, poller, defer)
  const before = asked
  t.equal(inner.localPort, outer.remotePort)
  t.equal(inner.localAddress, '127.0.0.1')
  inner.destroy()
  t.equal(inner.localPort, outer.remotePort)
  t.equal(asked, before + 1)
  const other = await nativePair(counting, poller, defer)
  other.inner.destroy()
  t.equal(other.inner.localAddress, undefined, 'too late')
  const { fd, remote } = await bareConnection(libc, defer)
  const local = { address: '192.0.2.1', port: 80 }
  const given = createNativeSocket({ libc, poller, fd, remote, local })
  t.same([given.localAddress, given.localPort], ['192.0.2.1', 80])
  given.destroy()
})

if (!loadLibc().ok) t.pass('there is no C library here')

nativeTest('bytes behind urgent data do not wait for others', async (t, libc, defer) => {
  const poller = made(libc, defer)
  const [fd, outer] = fdPair(libc, 'tcp')
  defer(() => libc.close(outer))
  const inner = createNativeSocket({ libc, poller, fd, remote: { address: '127.0.0.1', port: 9 } })
  defer(() => inner.destroy())
  let got = ''
  inner.on('data', (chunk: Buffer) => (got += chunk.toString()))
  // Three segments, all there before it looks: a read stops in front of the urgent byte.
  for (const [text, flags] of [
    ['abc', MSG.NOSIGNAL],
    ['!', MSG.NOSIGNAL | MSG_OOB],
    ['def', MSG.NOSIGNAL],
  ] as const) {
    libc.send(outer, Buffer.from(text), text.length, flags)
  }
  inner.resume()
  t.ok(await eventually(() => got === 'abcdef'), got)
})
