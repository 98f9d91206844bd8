import { once } from 'node:events'
import { existsSync, linkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { StreamSocket } from '../../../src/core/stream-socket.ts'
import { SO, SOL_SOCKET } from '../../../src/libc/constants.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { reservePort } from '../../../src/net/native/bind.ts'
import { createNativeListen } from '../../../src/net/native/native-listen.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { dial, heard, openListener, portOf, tcp, testListen } from '../../fixtures/listen-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { nth } from '../../fixtures/nth.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const poller = createPoller(loaded.libc)
  t.teardown(() => poller.close())
  testListen(createNativeListen({ libc: loaded.libc, poller }), true)
}

nativeTest('a client of a UNIX socket gets a native socket', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const path = join(makeSocketDir(t), 's')
  const listen = createNativeListen({ libc, poller, reusePort: true })
  const { bound, accepted } = await openListener(listen, { type: 'unix', path })
  t.same(bound.address, { type: 'unix', path })
  const client = await dial(bound)
  const socket = await accepted()
  t.type(socket.detach, 'function')
  t.same(
    [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort],
    [undefined, undefined, undefined, undefined],
    'the names of a UNIX socket are no ends of TCP',
  )
  const inline = new Int32Array(1)
  libc.getsockopt(socket.descriptor ?? -1, SOL_SOCKET, SO.OOBINLINE, inline)
  t.equal(inline[0], 1, 'urgent data stays in line')
  client.write('question')
  socket.resume()
  t.equal(String(await heard(socket, 'data')), 'question')
  const answer = once(client, 'data')
  socket.end(Buffer.from('answer'))
  t.equal(String((await answer)[0]), 'answer')
  client.destroy()
  await heard(socket, 'close')
  const closing = bound.close()
  t.equal(bound.close(), closing, 'a second call is the first one')
  await closing
  t.notOk(existsSync(path))
})

nativeTest('a UNIX path that cannot be used: a failure names it', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const path = join(makeSocketDir(t), 'file')
  writeFileSync(path, 'precious')
  const options = { onConnection: () => t.fail('nobody dials') }
  await t.rejects(createNativeListen({ libc, poller })({ type: 'unix', path }, options), {
    code: 'EADDRINUSE',
    message: `cannot listen on unix:${path}: a file that is not a socket is there; it is left as it is`,
    address: `unix:${path}`,
  })
})

nativeTest(
  'Node accepts for a shared UNIX socket, and its sockets are taken over',
  async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    const dir = makeSocketDir(t)
    const [path, boundAs] = [join(dir, 's'), join(dir, 'bound')]
    const sockets: StreamSocket[] = []
    const options = { boundAs, onConnection: (socket: StreamSocket) => sockets.push(socket) }
    const bound = await createNativeListen({ libc, poller })({ type: 'unix', path }, options)
    linkSync(boundAs, path)
    const client = await dial(bound)
    client.write('early')
    await eventually(() => sockets.length === 1)
    const socket = nth(sockets, 0)
    t.type(socket.detach, 'function')
    t.equal(socket.remoteAddress, undefined)
    socket.resume()
    t.equal(String(await heard(socket, 'data')), 'early')
    const answer = once(client, 'data')
    socket.end(Buffer.from('answer'))
    t.equal(String((await answer)[0]), 'answer')
    client.destroy()
    await heard(socket, 'close')
    await bound.close()
    unlinkSync(path)
  },
)

nativeTest('listeners with reusePort share a port', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const share = createNativeListen({ libc, poller, reusePort: true })
  const alone = createNativeListen({ libc, poller })
  const held = reservePort(libc, '127.0.0.1', 0)
  defer(() => held.close())
  const first = await openListener(share, tcp('127.0.0.1', held.port))
  const second = await openListener(share, first.bound.address)
  t.equal(portOf(second.bound), held.port)
  await t.rejects(openListener(alone, first.bound.address), { code: 'EADDRINUSE' })
  const clients = await Promise.all(Array.from({ length: 40 }, () => dial(first.bound)))
  const all = () => [...first.sockets, ...second.sockets]
  await eventually(() => all().length === clients.length)
  t.ok(first.sockets.length > 0 && second.sockets.length > 0, 'the kernel gives to both')
  for (const used of [...clients, ...all()]) used.destroy()
  for (const { bound } of [first, second]) await bound.close()
})

nativeTest('no descriptor left: it is a failure, and nothing is open', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const options = { onConnection: () => t.fail('nobody dials') }
  for (const [name, code] of [
    ['socket', 'EMFILE'],
    ['setsockopt', 'ENOMEM'],
    ['listen', 'EADDRINUSE'],
  ] as const) {
    const errno = { EMFILE: -24, ENOMEM: -12, EADDRINUSE: -98 }[code]
    const listen = createNativeListen({ libc: { ...libc, [name]: () => errno }, poller })
    await t.rejects(listen(tcp('127.0.0.1', 0), options), { code, address: '127.0.0.1:0' }, name)
  }
  const listen = createNativeListen({ libc, poller: { ...poller, watch: () => -12 } })
  await t.rejects(listen(tcp('127.0.0.1', 0), options), { code: 'ENOMEM' })
  await t.rejects(createNativeListen({ libc, poller })(tcp('localhost'), options), {
    code: 'ERR_INVALID_ADDRESS',
  })
})

nativeTest('what cannot be accepted is reported, and waits', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  let exhausted = true
  const accept4: typeof libc.accept4 = (...args) => (exhausted ? -24 : libc.accept4(...args))
  const listen = createNativeListen({ libc: { ...libc, accept4 }, poller })
  const errors: unknown[] = []
  const sockets: { destroy: () => unknown }[] = []
  const bound = await listen(tcp('127.0.0.1'), {
    onConnection: socket => sockets.push(socket),
    onError: error => errors.push(error),
  })
  const client = await dial(bound)
  await eventually(() => errors.length > 0)
  t.match(errors, [{ code: 'EMFILE', syscall: 'accept', message: 'accept EMFILE' }])
  t.equal(sockets.length, 0)
  exhausted = false
  await eventually(() => sockets.length > 0)
  t.equal(sockets.length, 1, 'it is accepted as soon as a descriptor is free')
  client.destroy()
  sockets[0]?.destroy()
  exhausted = true
  const late = await dial(bound)
  await eventually(() => errors.length > 1)
  await bound.close()
  t.equal(errors.length, 2, 'reported once each time')
  late.destroy()

  const unreported = await listen(tcp('127.0.0.1'), {
    onConnection: () => t.fail('no descriptor is free'),
  })
  const other = await dial(unreported)
  await allArrived()
  await unreported.close()
  other.destroy()
})

nativeTest('a socket that cannot be watched is closed', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  let watches = 0
  const watch: typeof poller.watch = (...args) => (watches++ === 0 ? poller.watch(...args) : -12)
  const listen = createNativeListen({ libc, poller: { ...poller, watch } })
  const { bound, accepted } = await openListener(listen, tcp('127.0.0.1'))
  const client = await dial(bound)
  const socket = await accepted()
  t.match(socket.errored, { code: 'ENOMEM' })
  if (!socket.closed) await heard(socket, 'close')
  client.destroy()
  await bound.close()
})
