import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createPoller } from '../../../src/libc/poller.ts'
import {
  closeSocket,
  createLibcSystem,
  isUnixSocket,
  portableSystem,
  probeSocket,
  resetSocket,
} from '../../../src/pipe/stream/socket-system.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { MSG_OOB } from '../../fixtures/relay-rig.ts'
import { receiveAll, socketPair, unixPair, until } from '../../fixtures/socket-pair.ts'
import { nativePair, nodePair } from '../../fixtures/tried-pair.ts'

const LARGE_BYTES = 16 * 1024 * 1024

/** All that is left of a socket. */
const readAll = (rest: ReturnType<typeof portableSystem.restOf>): string => {
  let text = ''
  for (let bytes = rest?.read(); bytes && bytes.length > 0; bytes = rest?.read()) {
    text += Buffer.from(bytes).toString()
  }
  return text
}

nativeTest(
  'a TCP socket has a port, also after a reset, and a UNIX socket none',
  async (t, _libc, defer) => {
    const { outer, inner } = await nodePair(defer)
    outer.resetAndDestroy()
    await eventually(() => outer.closed)
    t.equal(isUnixSocket(inner), false)
    const unix = await unixPair(t)
    t.equal(isUnixSocket(unix.inner), true)
    unix.inner.destroy()
    unix.outer.destroy()
  },
)

nativeTest(
  'the portable system knows only that a UNIX socket loses no bytes',
  async (t, _libc, defer) => {
    const { inner } = await nodePair(defer)
    t.equal(portableSystem.unacknowledged(inner), null)
    t.equal(portableSystem.restOf(inner), null)
    t.equal(portableSystem.failureOf(inner), null)
    const unix = await unixPair(t)
    t.equal(portableSystem.unacknowledged(unix.inner), 0)
    unix.inner.destroy()
    unix.outer.destroy()
  },
)

for (const kind of ['Node', 'native'] as const) {
  nativeTest(`${kind}: unacknowledged bytes are counted`, async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    const system = createLibcSystem(libc)
    const { outer, inner } =
      kind === 'Node' ? await nodePair(defer) : await nativePair(libc, poller, defer)
    t.equal(system.unacknowledged(inner), 0)
    inner.write(Buffer.alloc(LARGE_BYTES))
    t.ok(Number(system.unacknowledged(inner)) > 0)
    outer.resume()
    const isSent = await eventually(
      () => inner.writableLength === 0 && system.unacknowledged(inner) === 0,
    )
    t.ok(isSent)
    inner.destroy()
    t.not(system.unacknowledged(inner), undefined, 'one that is closed can be asked')
  })

  nativeTest(
    `${kind}: what is left can be read when the socket is closed`,
    async (t, libc, defer) => {
      const poller = createPoller(libc)
      defer(() => poller.close())
      const system = createLibcSystem(libc)
      const { outer, inner } =
        kind === 'Node' ? await nodePair(defer) : await nativePair(libc, poller, defer)
      t.equal(system.restOf(inner), null, 'nothing has come')
      outer.write('last words')
      const rest = await new Promise<ReturnType<typeof system.restOf>>(resolve => {
        const look = (): void => {
          const found = system.restOf(inner)
          if (found) resolve(found)
          else setTimeout(look, 1)
        }
        look()
      })
      inner.destroy()
      t.equal(readAll(rest), 'last words')
      t.equal(rest?.failure(), null)
      rest?.close()
      t.equal(system.restOf(inner), null)
    },
  )

  nativeTest(`${kind}: a reset behind unread bytes is found`, async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    const system = createLibcSystem(libc)
    const { outer, inner } =
      kind === 'Node' ? await nodePair(defer) : await nativePair(libc, poller, defer)
    inner.end()
    outer.write('words')
    await eventually(() => outer.writableLength === 0 && inner.writableFinished)
    t.equal(system.failureOf(inner), null)
    outer.resetAndDestroy()
    let failure: Error | null = null
    t.ok(await eventually(() => (failure = system.failureOf(inner)) !== null))
    t.match(failure, { code: 'ECONNRESET', syscall: 'read' })
    inner.destroy()
    t.equal(system.failureOf(inner), null, 'one that is closed can be asked')
  })

  nativeTest(`${kind}: an end leaves nothing, a reset its error`, async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    const system = createLibcSystem(libc)
    const pair = () => (kind === 'Node' ? nodePair(defer) : nativePair(libc, poller, defer))
    const ended = await pair()
    ended.outer.end()
    await eventually(() => ended.outer.writableFinished)
    t.equal(system.restOf(ended.inner), null)
    for (const words of ['', 'words']) {
      const { outer, inner } = await pair()
      if (words !== '') outer.write(words)
      await eventually(() => outer.writableLength === 0)
      outer.resetAndDestroy()
      await eventually(() => outer.closed)
      const rest = system.restOf(inner)
      t.equal(readAll(rest), words)
      t.match(rest?.failure(), { code: 'ECONNRESET' })
      rest?.close()
    }
  })
}

nativeTest('urgent data stops nothing', async (t, libc, defer) => {
  const system = createLibcSystem(libc)
  const poller = createPoller(libc)
  defer(() => poller.close())
  const { outer, inner } = await nativePair(libc, poller, defer)
  // In line, as the daemon's own sockets have it.
  libc.setsockopt(inner.descriptor ?? -1, 1, 10, Int32Array.of(1))
  const { _handle: handle } = outer as unknown as { readonly _handle: { readonly fd: number } }
  for (const [text, flags] of [
    ['a', 0],
    ['!', MSG_OOB],
    ['b', 0],
  ] as const) {
    libc.send(handle.fd, Buffer.from(text), 1, flags)
  }
  const rest = system.restOf(inner)
  t.equal(readAll(rest), 'a!b')
  rest?.close()
})

nativeTest('without a free descriptor the remaining bytes are lost', async (t, libc, defer) => {
  const system = createLibcSystem({ ...libc, fcntl: () => -24 })
  const { outer, inner } = await nodePair(defer)
  outer.write('x')
  await eventually(() => outer.writableLength === 0)
  t.equal(system.restOf(inner), null)
})

t.test('sockets without a descriptor report what the runtime does', async t => {
  const system = createLibcSystem({ recv: () => t.fail('asked') as never } as never)
  const socket = { localPort: 1 } as never
  t.equal(system.unacknowledged(socket), null)
  t.equal(system.restOf(socket), null)
  t.equal(system.failureOf(socket), null)
})

t.test('resetSocket sends RST', async t => {
  const { outer, inner } = await socketPair(t)
  const seen = receiveAll(outer)
  resetSocket(inner)
  t.ok(inner.destroyed)
  t.equal((await seen).error, 'ECONNRESET')
  resetSocket(inner)
})

t.test('a socket with a pending FIN is closed although Node refuses a reset', async t => {
  const { outer, inner } = await socketPair(t)
  inner.on('error', error => t.fail(error))
  const seen = receiveAll(outer)
  inner.end()
  resetSocket(inner)
  await once(inner, 'close')
  t.equal((await seen).error, null)
})

const openHandles = (): readonly string[] => process.getActiveResourcesInfo()

t.test('a socket whose write has failed is closed', async t => {
  for (const bytes of [1, 16 * 1024 * 1024]) {
    const { outer, inner } = await socketPair(t)
    outer.resetAndDestroy()
    await once(outer, 'close')
    let wasOpen = false
    inner.write(Buffer.alloc(bytes), error => {
      if (!error) return
      wasOpen = !inner.destroyed
      resetSocket(inner)
    })
    // A write that still succeeds is followed by one that cannot.
    inner.write('x', () => {})
    await until('no handle is left', () => inner.closed && !openHandles().includes('TCPSocketWrap'))
    t.ok(wasOpen)
  }
})

t.test('a UNIX socket is closed', async t => {
  const path = join(t.testdir(), 's')
  const server = createServer()
  server.listen(path)
  await once(server, 'listening')
  const outer = connect(path)
  const [inner] = (await once(server, 'connection')) as [Socket]
  server.close()
  const seen = receiveAll(outer)
  resetSocket(inner)
  t.ok(inner.destroyed)
  t.equal((await seen).error, null)
})

t.test('closeSocket sends FIN, or RST if bytes are queued', async t => {
  const quiet = await socketPair(t)
  const seen = receiveAll(quiet.outer)
  closeSocket(quiet.inner)
  t.same(await seen, { bytes: Buffer.alloc(0), error: null })

  const busy = await socketPair(t)
  busy.inner.write(Buffer.alloc(16 * 1024 * 1024))
  await until('backpressure', () => busy.inner.writableLength > 0)
  closeSocket(busy.inner)
  t.ok(busy.inner.destroyed)
  // Versions of Node differ in whether a reset behind unread bytes is reported at once or at the next write.
  const { error } = await receiveAll(busy.outer)
  if (error !== null) {
    t.equal(error, 'ECONNRESET')
    return
  }
  const failed = new Promise(resolve => busy.outer.once('error', resolve))
  busy.outer.write('x')
  t.match(await failed, { code: /ECONNRESET|EPIPE/ })
})

t.test('a probe of an open connection reports no error and sends nothing', async t => {
  const { outer, inner } = await socketPair(t)
  t.equal(await new Promise(resolve => t.ok(probeSocket(inner, resolve))), null)
  outer.once('data', () => t.fail('nothing was sent')).resume()
  await allArrived()
})

t.test('a probe of a paused, reset socket reports the error', async t => {
  const { outer, inner } = await socketPair(t)
  const emitted = new Promise(resolve => inner.once('error', resolve))
  outer.resetAndDestroy()
  await allArrived()
  t.notOk(inner.destroyed, 'it does not know by itself')
  t.match(await new Promise(resolve => probeSocket(inner, resolve)), { code: 'ECONNRESET' })
  t.match(await emitted, { code: 'ECONNRESET' })
})

t.test('a socket that cannot be probed returns false', async t => {
  const ended = await socketPair(t)
  ended.inner.end()
  t.equal(
    probeSocket(ended.inner, () => t.fail('asked')),
    false,
  )
  const busy = await socketPair(t)
  busy.inner.write(Buffer.alloc(16 * 1024 * 1024))
  await until('backpressure', () => busy.inner.writableLength > 0)
  t.equal(
    probeSocket(busy.inner, () => t.fail('asked')),
    false,
  )
})
