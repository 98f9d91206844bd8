import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { parseIp } from '../../../src/core/ip.ts'
import { EPOLL } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { encodeSocketAddress } from '../../../src/libc/socket-address.ts'
import { createNativeConnect } from '../../../src/net/native/native-connect.ts'
import { attempt, freePort, testConnect } from '../../fixtures/connect-cases.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { receiveAll } from '../../fixtures/socket-pair.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const poller = createPoller(loaded.libc)
  t.teardown(() => poller.close())
  testConnect(createNativeConnect({ libc: loaded.libc, poller }))
}

/** Attempts by calls of which some answer as the test says. */
const connectBy = (libc: Libc, defer: (end: () => unknown) => void, answers: Partial<Libc>) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  return createNativeConnect({ libc: { ...libc, ...answers }, poller })
}

nativeTest('a connected socket knows both ends', async (t, libc, defer) => {
  const connect = connectBy(libc, defer, {})
  for (const host of ['127.0.0.1', '::1']) {
    const server = await createTcpServer(host)
    const accepted = server.accepted()
    const result = await attempt(connect, host, server.port)
    const peer = await accepted
    if (!result.ok) throw new Error(result.message)
    t.match(result.socket, { remoteAddress: host, remotePort: server.port })
    t.match(result.socket, { localAddress: host, localPort: peer.remotePort })
    result.socket.destroy()
    await server.close()
  }
})

nativeTest(
  'cancelled at once over loopback: the connection is established and reset',
  async (t, libc, defer) => {
    const server = await createTcpServer()
    defer(() => server.close())
    const connect = connectBy(libc, defer, {})
    const accepted = server.accepted()
    const cancel = connect({ address: '127.0.0.1', family: 4, port: server.port }, () =>
      t.fail('it was cancelled'),
    )
    t.equal(cancel(), true)
    t.equal(cancel(), false)
    const peer = await accepted
    peer.resume()
    await new Promise(resolve => peer.once('close', resolve))
    t.match(peer, { errored: { code: 'ECONNRESET' }, bytesRead: 0 })
  },
)

nativeTest('an invalid endpoint is a failed attempt', async (t, libc, defer) => {
  const connect = connectBy(libc, defer, {})
  for (const port of [70_000, -1, Number.NaN]) {
    t.match(await attempt(connect, '127.0.0.1', port), {
      ok: false,
      code: 'ERR_SOCKET_BAD_PORT',
      sent: false,
    })
  }
  t.match(await attempt(connect, 'example.com', 80), { ok: false, code: 'EINVAL', sent: false })
})

nativeTest('no descriptor left (EMFILE): nothing was sent', async (t, libc, defer) => {
  const connect = connectBy(libc, defer, { socket: () => -24 })
  t.match(await attempt(connect, '127.0.0.1', 9), {
    code: 'EMFILE',
    message: 'connect EMFILE 127.0.0.1:9',
    sent: false,
    error: { code: 'EMFILE', syscall: 'connect', address: '127.0.0.1', port: 9 },
  })
  const cancel = connect({ address: '127.0.0.1', family: 4, port: 9 }, () =>
    t.fail('it was cancelled'),
  )
  t.equal(cancel(), false)
  await sleep(1)
})

nativeTest('onExhausted is called without a free descriptor', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const heard: string[][] = []
  const refused = { ...libc, socket: () => -23 }
  const connect = createNativeConnect({
    libc: refused,
    poller,
    onExhausted: (...said) => void heard.push(said),
  })
  await attempt(connect, '127.0.0.1', 9)
  t.same(heard, [['connect', 'ENFILE']])
})

nativeTest('a socket that cannot be watched', async (t, libc, defer) => {
  const server = await createTcpServer()
  defer(() => server.close())
  const poller = createPoller(libc)
  defer(() => poller.close())
  const refusing = createNativeConnect({ libc, poller: { ...poller, watch: () => -12 } })
  t.match(await attempt(refusing, '127.0.0.1', server.port), {
    ok: false,
    code: 'ENOMEM',
    sent: true,
    error: { syscall: 'epoll_ctl' },
  })
})

nativeTest('a socket that is connected to itself counts as refused', async (t, libc, defer) => {
  for (const host of ['127.0.0.4', '::1', '::1%lo']) {
    const port = await freePort()
    const [literal = ''] = host.split('%')
    const ip = parseIp(literal)
    if (!ip) throw new Error('it is an address')
    const local = encodeSocketAddress(ip, port)
    // The system gives the port by chance; here it is asked for.
    const connect = connectBy(libc, defer, {
      connect: (fd, address, length) => {
        libc.bind(fd, local, local.length)
        return libc.connect(fd, address, length)
      },
    })
    t.match(await attempt(connect, host, port), {
      ok: false,
      code: 'ECONNREFUSED',
      sent: true,
      message: /^connect ECONNREFUSED /,
    })
  }
})

nativeTest('the same port at another address is no self-connection', async (t, libc, defer) => {
  const server = await createTcpServer('127.0.0.2')
  defer(() => server.close())
  const local = encodeSocketAddress({ family: 4, bytes: Uint8Array.of(127, 0, 0, 3) }, server.port)
  const connect = connectBy(libc, defer, {
    connect: (fd, address, length) => {
      libc.bind(fd, local, local.length)
      return libc.connect(fd, address, length)
    },
  })
  const result = await attempt(connect, '127.0.0.2', server.port)
  t.match(result, { ok: true, local: { address: '127.0.0.3', port: server.port } })
  if (result.ok) result.socket.destroy()
})

nativeTest(
  'bytes that came before the connection was reported are not lost',
  async (t, libc, defer) => {
    const server = await createTcpServer()
    defer(() => server.close())
    const poller = createPoller(libc)
    defer(() => poller.close())
    const seen: number[] = []
    const connect = createNativeConnect({
      libc,
      poller: {
        ...poller,
        // The poller hears of it only after the target has said all.
        watch: (fd, onEvents) => {
          const begin = (): void => {
            poller.watch(fd, events => {
              seen.push(events)
              onEvents(events)
            })
          }
          void server.accepted().then(peer => peer.end('hello', begin))
          return 0
        },
      },
    })
    const result = await attempt(connect, '127.0.0.1', server.port)
    if (!result.ok) throw new Error(result.message)
    const { socket } = result
    t.equal((seen[0] ?? 0) & EPOLL.RDHUP, EPOLL.RDHUP)
    t.same(await receiveAll(socket), { bytes: Buffer.from('hello'), error: null })
    socket.destroy()
  },
)

nativeTest(
  'connected and reset before it was reported: a failed attempt',
  async (t, libc, defer) => {
    const server = await createTcpServer()
    defer(() => server.close())
    const poller = createPoller(libc)
    defer(() => poller.close())
    let gone: Promise<unknown> = Promise.resolve()
    const connect = createNativeConnect({
      libc,
      poller: {
        ...poller,
        // The poller hears of it only after the reset.
        watch: (fd, onEvents) => {
          gone = server.accepted().then(peer => {
            peer.resetAndDestroy()
            return once(peer, 'close').then(() => poller.watch(fd, onEvents))
          })
          return 0
        },
      },
    })
    t.match(await attempt(connect, '127.0.0.1', server.port), {
      ok: false,
      code: 'ECONNRESET',
      sent: true,
    })
    await gone
  },
)

nativeTest('an event without relevant bits settles nothing', async (t, libc, defer) => {
  const server = await createTcpServer()
  defer(() => server.close())
  const poller = createPoller(libc)
  defer(() => poller.close())
  const connect = createNativeConnect({
    libc,
    poller: {
      ...poller,
      watch: (fd, onEvents) => {
        onEvents(0)
        return poller.watch(fd, onEvents)
      },
    },
  })
  const result = await attempt(connect, '127.0.0.1', server.port)
  t.equal(result.ok, true)
  if (result.ok) result.socket.destroy()
})

nativeTest('a system that does not know the local end', async (t, libc, defer) => {
  const server = await createTcpServer()
  defer(() => server.close())
  const connect = connectBy(libc, defer, { getsockname: () => -107 })
  t.match(await attempt(connect, '127.0.0.1', server.port), { code: 'ECONNABORTED', sent: true })
})

nativeTest(
  'a target that answers and resets at once is connected, and its answer can be read',
  async (t, libc, defer) => {
    const server = await createTcpServer()
    defer(() => server.close())
    const poller = createPoller(libc)
    defer(() => poller.close())
    for (const answer of ['220 hello', '']) {
      const reset = async (): Promise<void> => {
        const socket = await server.accepted()
        const closed = once(socket, 'close')
        socket.write(answer, () => socket.resetAndDestroy())
        await closed
      }
      const isReset = reset()
      let isTold = false
      // The attempt hears of nothing before both are there.
      const watch: typeof poller.watch = (fd, onEvents) =>
        poller.watch(fd, events => {
          if (isTold) return
          isTold = true
          void isReset.then(() => onEvents(events | EPOLL.IN | EPOLL.HUP | EPOLL.ERR))
        })
      const connect = createNativeConnect({ libc, poller: { ...poller, watch } })
      const result = await attempt(connect, '127.0.0.1', server.port)
      if (answer === '') {
        t.match(result, { ok: false, code: 'ECONNRESET', sent: true })
        continue
      }
      if (!result.ok) throw new Error(result.message)
      t.ok(result.local.port > 0)
      const { bytes, error } = await receiveAll(result.socket)
      t.same([bytes.toString(), error], ['220 hello', 'ECONNRESET'])
    }
  },
)
