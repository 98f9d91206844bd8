import { join } from 'node:path'
import t from 'tap'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { holdPort } from '../../../src/net/native/hold-port.ts'
import { createNativeListen } from '../../../src/net/native/listen.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { dial, heard, openListener, portOf, tcp, testListen } from '../../fixtures/listen-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const poller = createPoller(loaded.libc)
  t.teardown(() => poller.close())
  testListen(createNativeListen({ libc: loaded.libc, poller }))
}

nativeTest('a UNIX socket is Node’s', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const path = join(makeSocketDir(t), 's')
  const listen = createNativeListen({ libc, poller, reusePort: true })
  const { bound, accepted } = await openListener(listen, { type: 'unix', path })
  const client = await dial(bound)
  const socket = await accepted()
  t.equal(socket.detach, undefined)
  client.destroy()
  socket.destroy()
  await bound.close()
})

nativeTest('a port is shared by those who say so', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const share = createNativeListen({ libc, poller, reusePort: true })
  const alone = createNativeListen({ libc, poller })
  const held = holdPort(libc, '127.0.0.1', 0)
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

nativeTest('what cannot be accepted is told, and waits', async (t, libc, defer) => {
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
  t.equal(sockets.length, 1, 'it is accepted as soon as there is room')
  client.destroy()
  sockets[0]?.destroy()
  exhausted = true
  const late = await dial(bound)
  await eventually(() => errors.length > 1)
  await bound.close()
  t.equal(errors.length, 2, 'told once each time')
  late.destroy()

  const untold = await listen(tcp('127.0.0.1'), { onConnection: () => t.fail('there is no room') })
  const other = await dial(untold)
  await allArrived()
  await untold.close()
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
