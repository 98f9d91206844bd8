import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import type { Transport, TransportOptions } from '../../src/daemon/create-transport.ts'
import {
  autoWorkers,
  checkEngine,
  createTransport,
  engineFailure,
} from '../../src/daemon/create-transport.ts'
import type { Libc, LoadedLibc } from '../../src/libc/libc.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import type { DaemonEvent } from '../../src/log/types.ts'
import { createInterfaces } from '../../src/net/host/interfaces.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import type { PipeResult } from '../../src/pipe/join.ts'
import { createHandThreads } from '../fixtures/hand-threads.ts'
import { nativeTest } from '../fixtures/native-test.ts'
import { until } from '../fixtures/socket-pair.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

const begin = async (
  more: Partial<TransportOptions>,
): Promise<{ transport: Transport; events: DaemonEvent[] }> => {
  const clock = createRealClock()
  const events: DaemonEvent[] = []
  const transport = await createTransport({
    pipe: { engine: 'auto', workers: 1 },
    clock,
    interfaces: createInterfaces({ clock }),
    keepAlive: null,
    openFiles: 64,
    pipes: 8,
    sources: 1,
    onEvent: event => void events.push(event),
    ...more,
  })
  return { transport, events }
}

/** Relays one connection through a transport to an echo server. */
const carry = async (t: Test, transport: Transport): Promise<PipeResult> => {
  const target = await tcpTarget(t, echo)
  let joined: (result: PipeResult) => void
  const result = new Promise<PipeResult>(resolve => (joined = resolve))
  const take = (client: StreamSocket): void => {
    const { host, port } = target
    transport.network.connect({ family: 4, address: host, port }, made => {
      if (!made.ok) throw new Error(made.code)
      const limits = { idleTimeoutMs: 10_000, halfCloseTimeoutMs: 10_000 }
      transport.join(client, made.socket, limits, joined)
    })
  }
  const bound = await transport.listen(
    { type: 'tcp', host: '127.0.0.1', port: 0 },
    { onConnection: take },
  )
  const { address } = bound
  const client = connect(address.type === 'tcp' ? address.port : 0, '127.0.0.1')
  client.write('hello')
  await once(client, 'data')
  const { stream, splice } = transport.pipes()
  t.equal(stream + splice, 1)
  client.end()
  const end = await result
  t.same(transport.pipes(), { stream: 0, splice: 0 })
  await bound.close()
  client.destroy()
  target.server.close()
  await until('the target', () => target.open() === 0)
  return end
}

t.test('there is one thread for every two cores, and at least one', async t => {
  t.same([1, 2, 3, 4, 64].map(autoWorkers), [1, 1, 1, 2, 32])
  t.ok(autoWorkers() >= 1)
})

t.test('the stream engine runs if it is configured', async t => {
  const { transport, events } = await begin({ pipe: { engine: 'stream', workers: 'auto' } })
  t.same(events, [{ type: 'engine', engine: 'stream', workers: 0 }])
  t.match(await carry(t, transport), { engine: 'stream', bytesUp: 5, bytesDown: 5, reason: 'eof' })
  t.equal(transport.pipesOf(64), 0)
  transport.close()
})

t.test(
  'without the C library the stream engine runs, with a reason, unless splice is configured',
  async t => {
    const load = () => ({ ok: false, reason: 'there is no koffi' }) as const
    const { transport, events } = await begin({ load })
    t.same(events, [{ type: 'engine', engine: 'stream', workers: 0, reason: 'there is no koffi' }])
    transport.close()
    await t.rejects(begin({ load, pipe: { engine: 'splice', workers: 1 } }), {
      code: 'ERR_ENGINE',
      message: /found splice, which cannot run here: there is no koffi; allowed: auto, stream/,
    })
  },
)

nativeTest('the stream engine runs if epoll cannot be created', async (t, libc) => {
  const poor: Libc = { ...libc, epollCreate1: () => -24 }
  const { events } = await begin({ load: () => ({ ok: true, libc: poor }) })
  t.match(events, [{ engine: 'stream', reason: /EMFILE/ }])
})

for (const engine of ['auto', 'splice'] as const) {
  nativeTest(`with ${engine} the splice engine runs`, async (t, _libc, defer) => {
    const { transport, events } = await begin({ pipe: { engine, workers: 2 } })
    defer(() => transport.close())
    t.same(events, [{ type: 'engine', engine: 'splice', workers: 2 }])
    t.match(await carry(t, transport), { engine: 'splice', bytesUp: 5, bytesDown: 5 })
    t.same([1, 2, 7, 1e6].map(transport.pipesOf), [0, 2, 6, 512], 'as many for each worker')
  })
}

nativeTest('the stream engine runs if no relay worker can be started', async (t, libc) => {
  const { start } = createHandThreads(libc)
  const { transport, events } = await begin({
    startThread: data => {
      const thread = start(data)
      return {
        terminate: thread.terminate,
        listen: (failed, exited) => {
          thread.listen(failed, exited)
          setImmediate(() => {
            failed(new Error('a bug'))
            exited()
          })
        },
      }
    },
  })
  const loss = { type: 'worker-lost', reason: 'a bug', connections: 0 }
  t.same(events, [
    { ...loss, replaced: true },
    { ...loss, replaced: true },
    { ...loss, replaced: false },
    {
      type: 'engine',
      engine: 'stream',
      workers: 0,
      reason: 'no relay worker could be started',
    },
  ])
  t.match(await carry(t, transport), { engine: 'stream' })
})

const without = (): LoadedLibc =>
  loadLibc({
    platform: 'linux',
    arch: 'x64',
    requireKoffi: () => {
      throw new Error("Cannot find module 'koffi'\nRequire stack:")
    },
  })

void t.test('checkEngine rejects splice without the C library', async t => {
  t.throws(() => checkEngine('splice', without), {
    code: 'ERR_ENGINE',
    message:
      "pipe.engine: found splice, which cannot run here: Cannot find module 'koffi'; allowed: auto, stream",
  })
  for (const engine of ['auto', 'stream'] as const) {
    t.doesNotThrow(() => checkEngine(engine, without), engine)
  }
})

void t.test(
  'checkEngine accepts splice on a host that can run it, and rejects it without epoll',
  async t => {
    const loaded = loadLibc()
    if (!loaded.ok) {
      t.comment(`no splice engine here: ${loaded.reason}`)
      t.throws(() => checkEngine('splice'), { code: 'ERR_ENGINE' })
      return
    }
    t.doesNotThrow(() => checkEngine('splice'))
    const libc = { ...loaded.libc, epollCreate1: () => -24 }
    t.match(engineFailure('x'), { code: 'ERR_ENGINE' })
    t.throws(() => checkEngine('splice', () => ({ ok: true, libc })), { code: 'ERR_ENGINE' })
  },
)
