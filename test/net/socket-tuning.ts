import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { KeepAlive, StreamSocket } from '../../src/core/stream-socket.ts'
import type { Libc } from '../../src/libc/libc.ts'
import { createPoller } from '../../src/libc/poller.ts'
import { createNativeConnect } from '../../src/net/native/native-connect.ts'
import { createNativeListen } from '../../src/net/native/native-listen.ts'
import type { Connect } from '../../src/net/network.ts'
import { createNodeConnect } from '../../src/net/node/node-connect.ts'
import { createNodeListen } from '../../src/net/node/node-listen.ts'
import type { SocketTuning } from '../../src/net/socket-tuning.ts'
import { SOCKET_OPTIONS, createSocketTuning } from '../../src/net/socket-tuning.ts'
import { attempt } from '../fixtures/connect-cases.ts'
import { dial, openListener, portOf, tcp } from '../fixtures/listen-cases.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import type { TcpOptions } from '../fixtures/tcp-options.ts'
import { tcpOptionsOf } from '../fixtures/tcp-options.ts'

const FIRST: KeepAlive = { idleMs: 60_000, intervalMs: 15_000, count: 4 }
const SECOND: KeepAlive = { idleMs: 7000, intervalMs: 3000, count: 2 }

const both = (keepAlive: TcpOptions['keepAlive']): TcpOptions[] => [
  { keepAlive, isInline: true },
  { keepAlive, isInline: true },
]

type Ways = {
  readonly listen: ReturnType<typeof createNativeListen>
  readonly connect: Connect<Parameters<typeof tcpOptionsOf>[1] & object>
}

const ENGINES: Readonly<
  Record<string, (libc: Libc, tuning: SocketTuning, defer: (end: () => unknown) => void) => Ways>
> = {
  native: (libc, tuning, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    return {
      listen: createNativeListen({ libc, poller, tuning }),
      connect: createNativeConnect({ libc, poller, tuning }),
    }
  },
  'Node, each socket by itself': (_libc, tuning) => ({
    listen: createNodeListen({ tuning }),
    connect: createNodeConnect({ hasInterface: () => true, onConnected: tuning.connected }),
  }),
  Node: (libc, tuning) => ({
    listen: createNodeListen({ tuning, libc }),
    connect: createNodeConnect({ hasInterface: () => true, onConnected: tuning.connected }),
  }),
}

for (const [name, make] of Object.entries(ENGINES)) {
  nativeTest(
    `${name}: what is accepted and what connects has keepalive, and urgent data in line`,
    async (t, libc, defer) => {
      const tuning = createSocketTuning(libc, FIRST)
      const { listen, connect: dialTarget } = make(libc, tuning, defer)
      const { bound, sockets, accepted } = await openListener(listen, tcp('127.0.0.1'))
      const target = createServer().listen(0, '127.0.0.1')
      await once(target, 'listening')
      const targetPort = (target.address() as { port: number }).port
      const clients: Socket[] = []
      const see = async (): Promise<unknown[]> => {
        clients.push(await dial(bound))
        const incoming = await accepted(clients.length)
        const outgoing = await attempt(dialTarget, '127.0.0.1', targetPort)
        if (!outgoing.ok) throw new Error(outgoing.message)
        // The pipe sets keepalive on a target later.
        tuning.keepAlive(outgoing.socket)
        const seen = [tcpOptionsOf(libc, incoming), tcpOptionsOf(libc, outgoing.socket)]
        ;(outgoing.socket as Socket).destroy()
        return seen
      }
      t.same(await see(), both([60, 15, 4]))
      tuning.change(SECOND)
      t.same(await see(), both([7, 3, 2]))
      t.match(
        tcpOptionsOf(libc, sockets[0] ?? -1),
        { keepAlive: [60, 15, 4] },
        'one that was there keeps what it has',
      )
      tuning.change(null)
      t.same(await see(), both('off'))
      for (const socket of [...clients, ...sockets]) socket.destroy()
      await bound.close()
      tuning.change(FIRST)
      target.close()
    },
  )

  nativeTest(`${name}: a listener has keepalive of its own`, async (t, libc, defer) => {
    const tuning = createSocketTuning(libc, FIRST)
    const { listen } = make(libc, tuning, defer)
    let own: KeepAlive | null | undefined = SECOND
    const sockets: StreamSocket[] = []
    const bound = await listen(tcp('127.0.0.1'), {
      keepAlive: () => own,
      onConnection: socket => sockets.push(socket),
    })
    const clients: Socket[] = []
    const see = async (): Promise<unknown> => {
      clients.push(await dial(bound))
      await eventually(() => sockets.length === clients.length)
      return tcpOptionsOf(libc, sockets.at(-1) ?? -1).keepAlive
    }
    t.same(await see(), [7, 3, 2])
    own = null
    tuning.change(FIRST)
    t.same(await see(), 'off')
    own = undefined
    tuning.change(FIRST)
    t.same(await see(), [60, 15, 4], 'that of the daemon')
    for (const socket of [...clients, ...sockets]) socket.destroy()
    await bound.close()
  })

  nativeTest(`${name}: keepalive may be off from the start`, async (t, libc, defer) => {
    const { listen } = make(libc, createSocketTuning(libc, null), defer)
    const { bound, accepted } = await openListener(listen, tcp('127.0.0.1'))
    const client = await dial(bound)
    const socket = await accepted()
    t.same(tcpOptionsOf(libc, socket), { keepAlive: 'off', isInline: true })
    client.destroy()
    socket.destroy()
    await bound.close()
  })

  nativeTest(`${name}: a UNIX socket has urgent data in line alone`, async (t, libc, defer) => {
    const { listen } = make(libc, createSocketTuning(libc, FIRST), defer)
    const path = join(makeSocketDir(t), 's')
    const { bound, accepted } = await openListener(listen, { type: 'unix', path })
    const client = await dial(bound)
    const socket = await accepted()
    t.same(tcpOptionsOf(libc, socket), { keepAlive: 'off', isInline: true })
    client.destroy()
    socket.destroy()
    await bound.close()
  })
}

nativeTest('a target keeps keepalive of its own', async (t, libc, defer) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(() => server.close())
  const { port } = server.address() as { port: number }
  for (const tuning of [createSocketTuning(libc, FIRST), createSocketTuning(null, FIRST)]) {
    const connected = async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      defer(() => socket.destroy())
      return socket
    }
    const [own, off, plain] = [await connected(), await connected(), await connected()]
    tuning.keepOwn(own, SECOND)
    tuning.keepOwn(off, null)
    for (const socket of [own, off, plain]) tuning.keepAlive(socket)
    const idleOf = (socket: Socket) => [tcpOptionsOf(libc, socket).keepAlive].flat()[0]
    t.same([own, off, plain].map(idleOf), [7, 'off', 60])
  }
})

nativeTest('without the C library, as Node sets it', async (t, libc) => {
  const tuning = createSocketTuning(null, FIRST)
  const { bound, accepted } = await openListener(createNodeListen({ tuning }), tcp('127.0.0.1'))
  const client = await dial(bound)
  const socket = await accepted()
  const { keepAlive, isInline } = tcpOptionsOf(libc, socket)
  const [major = 0] = process.versions.node.split('.').map(Number)
  t.same(keepAlive, major < 24 ? [60, 1, 10] : [60, 15, 4])
  t.notOk(isInline, 'Node has no option for it')
  client.destroy()
  socket.destroy()
  await bound.close()
})

nativeTest(
  'a listener that is closed, or could not listen, is not set any more',
  async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    const set: number[] = []
    const watched: Libc = {
      ...libc,
      setsockopt: (fd, ...given) => {
        set.push(fd)
        return libc.setsockopt(fd, ...given)
      },
    }
    const tuning = createSocketTuning(watched, FIRST)
    const listen = createNativeListen({ libc, poller, tuning })
    const first = await openListener(listen, tcp('127.0.0.1'))
    await t.rejects(openListener(listen, first.bound.address), { code: 'EADDRINUSE' })
    await first.bound.close()
    set.length = 0
    tuning.change(SECOND)
    t.same(set, [])
    t.ok(portOf(first.bound) > 0)
  },
)

nativeTest('a closed socket is ignored', async (t, libc) => {
  const tuning = createSocketTuning(libc, FIRST)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  for (const set of [tuning.connected, tuning.accepted, tuning.keepAlive]) {
    t.doesNotThrow(() => set(socket))
  }
  server.close()
})

/** Promise.withResolvers, which Node 20 does not have. */
const deferred = <T>(): { promise: Promise<T>; resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

void t.test('accepted and connected sockets have them', async t => {
  const accepted = deferred<Socket>()
  const { address, close } = await createNodeListen()(
    { type: 'tcp', host: '127.0.0.1', port: 0 },
    { onConnection: accepted.resolve },
  )
  t.teardown(close)
  if (address.type !== 'tcp') throw new Error('a TCP address was expected')
  const connected = deferred<Socket>()
  createNodeConnect({ hasInterface: () => true })(
    { address: address.host, family: 4, port: address.port },
    result => {
      if (result.ok) connected.resolve(result.socket)
    },
  )
  for (const socket of await Promise.all([accepted.promise, connected.promise])) {
    t.equal(socket.allowHalfOpen, SOCKET_OPTIONS.allowHalfOpen)
    t.equal(socket.readableHighWaterMark, SOCKET_OPTIONS.highWaterMark)
    t.equal(socket.writableHighWaterMark, SOCKET_OPTIONS.highWaterMark)
    socket.destroy()
  }
})
