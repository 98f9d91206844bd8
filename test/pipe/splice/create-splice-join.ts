import { randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { listenerCount, once } from 'node:events'
import type { Test } from 'tap'
import t from 'tap'
import type { Libc } from '../../../src/libc/libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import type { Pipe, PipeOptions, PipeResult } from '../../../src/pipe/join.ts'
import type { RelayWorker } from '../../../src/pipe/splice/create-relay-worker.ts'
import { createSpliceJoin, isNear } from '../../../src/pipe/splice/create-splice-join.ts'
import type { RelayJob } from '../../../src/pipe/splice/relay-slots.ts'
import { createWorkerPool } from '../../../src/pipe/splice/worker-pool.ts'
import { createStreamJoin } from '../../../src/pipe/stream/create-stream-join.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import type { NativePair } from '../../fixtures/native-pair.ts'
import { nativePair } from '../../fixtures/native-pair.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { receiveAll, socketPair, until } from '../../fixtures/socket-pair.ts'

const MIB = 1024 * 1024

type Rig = {
  readonly client: NativePair
  readonly target: NativePair
  /** Joins the inner ends. */
  readonly join: (options?: Partial<PipeOptions>) => {
    readonly result: Promise<PipeResult>
    readonly end: () => void
    readonly pipe: Pipe
  }
}

/** A client and a target over native sockets, and a worker that may relay between them. */
const begin = async (
  t: Test,
  libc: Libc,
  defer: (end: () => unknown) => void,
  { capacity = 4 } = {},
): Promise<Rig & { readonly again: () => Promise<Rig> }> => {
  const poller = createPoller(libc)
  const clock = createRealClock()
  const pool = createWorkerPool({
    libc,
    poller,
    clock,
    workers: 1,
    capacity,
    pipes: 16,
    onLoss: ({ message }) => t.fail(message),
  })
  defer(() => poller.close())
  defer(() => pool.close())
  if ((await pool.started()) !== 1) throw new Error('no worker')
  const { choose } = pool
  const splice = createSpliceJoin({
    clock,
    choose,
    stream: createStreamJoin({ clock }),
    copyNear: false,
  })
  const limits = { idleTimeoutMs: 60_000, halfCloseTimeoutMs: 60_000 }
  const createRig = async (): Promise<Rig> => {
    const client = await nativePair(t, libc, poller)
    const target = await nativePair(t, libc, poller)
    // The test's sockets are closed before descriptors are counted.
    for (const { outer, inner } of [client, target]) {
      defer(() => {
        outer.destroy()
        inner.destroy()
      })
    }
    const join: Rig['join'] = (options = {}) => {
      let pipe = undefined as Pipe | undefined
      let joining = true
      const result = new Promise<PipeResult>(resolve => {
        pipe = splice(client.inner, target.inner, { ...limits, ...options }, ended => {
          t.notOk(joining, 'it is reported after the call')
          resolve(ended)
        })
      })
      joining = false
      if (!pipe) throw new Error('the join returned no pipe')
      return { result, pipe, end: pipe.end.bind(pipe) }
    }
    return { client, target, join }
  }
  return { ...(await createRig()), again: createRig }
}

nativeTest('bytes and FINs go both ways', async (t, libc, defer) => {
  const { client, target, join } = await begin(t, libc, defer)
  const { result, end } = join()
  t.ok(client.inner.destroyed && target.inner.destroyed, 'the sockets are empty shells')
  const [request, answer] = [randomBytes(3 * MIB), randomBytes(5 * MIB)]
  client.outer.end(request)
  target.outer.end(answer)
  const [atTarget, atClient] = await Promise.all([
    receiveAll(target.outer),
    receiveAll(client.outer),
  ])
  t.ok(atTarget.bytes.equals(request) && atClient.bytes.equals(answer))
  t.same(await result, {
    bytesUp: request.length,
    bytesDown: answer.length,
    reason: 'eof',
    engine: 'splice',
  })
  end()
})

nativeTest('bytes from before the hand-over are not lost', async (t, libc, defer) => {
  const { client, target, join } = await begin(t, libc, defer)
  target.outer.write('220 hello')
  client.outer.end('early bird')
  await allArrived()
  const { result } = join()
  t.equal((await receiveAll(target.outer)).bytes.toString(), 'early bird')
  target.outer.end()
  t.equal((await receiveAll(client.outer)).bytes.toString(), '220 hello')
  t.same(await result, { bytesUp: 10, bytesDown: 9, reason: 'eof', engine: 'splice' })
})

nativeTest(
  'early data goes first, once, and counts with what was sent before',
  async (t, libc, defer) => {
    const { client, target, join } = await begin(t, libc, defer)
    target.inner.write(Buffer.from('sent '))
    const { result } = join({ sentBytes: 5, early: Buffer.from('early ') })
    client.outer.end('late')
    t.equal((await receiveAll(target.outer)).bytes.toString(), 'sent early late')
    target.outer.end()
    client.outer.resume()
    t.same(await result, { bytesUp: 15, bytesDown: 0, reason: 'eof', engine: 'splice' })
  },
)

nativeTest('its bytes can be read while it runs', async (t, libc, defer) => {
  const { client, target, join } = await begin(t, libc, defer)
  const { pipe, result } = join({ early: Buffer.from('12') })
  client.outer.write('345')
  target.outer.write('6789')
  await until('the bytes', () => pipe.bytesUp() === 5 && pipe.bytesDown() === 4)
  pipe.end()
  t.match(await result, { bytesUp: 5, bytesDown: 4, engine: 'splice' })
})

nativeTest('without a flush there is no relay yet, and nothing counts', async (t, libc, defer) => {
  const { target, join } = await begin(t, libc, defer)
  const { pipe, result } = join({ early: Buffer.alloc(16 * MIB) })
  t.same([pipe.bytesUp(), pipe.bytesDown()], [0, 0])
  target.outer.destroy()
  pipe.end()
  await result
})

nativeTest('the FIN of a client that ended before is forwarded', async (t, libc, defer) => {
  for (const early of [undefined, Buffer.from('GET /')]) {
    const { client, target, join } = await begin(t, libc, defer)
    client.outer.end()
    await once(client.inner.resume() as never, 'end')
    client.inner.pause()
    const { result } = join({ clientEnded: true, ...(early && { early }) })
    t.equal((await receiveAll(target.outer)).bytes.toString(), early ? 'GET /' : '')
    target.outer.end('page')
    t.equal((await receiveAll(client.outer)).bytes.toString(), 'page')
    t.match(await result, {
      bytesUp: early?.length ?? 0,
      bytesDown: 4,
      reason: 'eof',
      engine: 'splice',
    })
  }
})

nativeTest(
  'the join waits until the target has accepted the early data',
  async (t, libc, defer) => {
    const { client, target, join } = await begin(t, libc, defer)
    const early = randomBytes(16 * MIB)
    const { result } = join({ early })
    t.ok(target.inner.writableLength > 0, 'not all of it is on its way')
    t.notOk(target.inner.destroyed)
    client.outer.end('late')
    const { bytes } = await receiveAll(target.outer)
    t.ok(bytes.equals(Buffer.concat([early, Buffer.from('late')])))
    target.outer.end()
    client.outer.resume()
    t.match(await result, { bytesUp: early.length + 4, reason: 'eof', engine: 'splice' })
  },
)

nativeTest('the join waits until the client has accepted earlier bytes', async (t, libc, defer) => {
  const { client, target, join } = await begin(t, libc, defer)
  const reply = randomBytes(16 * MIB)
  client.inner.write(reply)
  t.ok(client.inner.writableLength > 0)
  const { result } = join()
  target.outer.end('!')
  const { bytes } = await receiveAll(client.outer)
  t.ok(bytes.equals(Buffer.concat([reply, Buffer.from('!')])))
  client.outer.end()
  target.outer.resume()
  t.match(await result, { bytesDown: 1, reason: 'eof', engine: 'splice' })
})

nativeTest(
  'a target that accepts nothing for a second gets the stream engine',
  async (t, libc, defer) => {
    const { client, target, join } = await begin(t, libc, defer)
    const early = randomBytes(16 * MIB)
    const { result } = join({ early })
    await until('streams', () => listenerCount(client.inner as unknown as EventEmitter, 'data') > 0)
    client.outer.end('late')
    const { bytes } = await receiveAll(target.outer)
    t.ok(bytes.equals(Buffer.concat([early, Buffer.from('late')])))
    target.outer.end()
    client.outer.resume()
    t.same(await result, {
      bytesUp: early.length + 4,
      bytesDown: 0,
      reason: 'eof',
      engine: 'stream',
    })
  },
)

nativeTest('a target that resets before, or while early data waits', async (t, libc, defer) => {
  for (const size of [5, 16 * MIB]) {
    const { client, target, join } = await begin(t, libc, defer)
    if (size === 5) {
      target.outer.resetAndDestroy()
      await allArrived()
    }
    const { result } = join({ early: Buffer.alloc(size) })
    if (size !== 5) target.outer.resetAndDestroy()
    const { error } = await receiveAll(client.outer)
    t.equal(error, 'ECONNRESET', 'the client hears of it')
    const { bytesUp, reason } = await result
    t.equal(reason, 'target-reset')
    t.ok(bytesUp === 0, `${bytesUp} bytes of a write that was refused count`)
  }
})

nativeTest('a pending reset is found after the hand-over', async (t, libc, defer) => {
  for (const side of ['client', 'target'] as const) {
    const rig = await begin(t, libc, defer)
    rig[side].outer.resetAndDestroy()
    const { result } = rig.join()
    const other = side === 'client' ? rig.target : rig.client
    t.equal((await receiveAll(other.outer)).error, 'ECONNRESET')
    t.match(await result, { reason: `${side}-reset` })
  }
})

nativeTest('it can be ended at any time', async (t, libc, defer) => {
  for (const early of [undefined, Buffer.alloc(16 * MIB)]) {
    const { client, target, join } = await begin(t, libc, defer)
    const { result, end } = join({ ...(early && { early }) })
    end()
    end()
    t.match(await result, { reason: 'drain', bytesDown: 0, engine: early ? 'stream' : 'splice' })
    const atClient = await receiveAll(client.outer)
    t.equal(atClient.error, null)
    const atTarget = await receiveAll(target.outer)
    t.ok(atTarget.bytes.length < (early?.length ?? 1), 'what did not leave never will')
  }
})

nativeTest('without a free slot the streams join', async (t, libc, defer) => {
  const { join, again } = await begin(t, libc, defer, { capacity: 1 })
  const running = join()
  const { client, target, join: joinSecond } = await again()
  const second = joinSecond({ early: Buffer.from('hello ') })
  client.outer.end('world')
  t.equal((await receiveAll(target.outer)).bytes.toString(), 'hello world')
  second.end()
  t.match(await second.result, { engine: 'stream', bytesUp: 11 })
  running.end()
  t.match(await running.result, { engine: 'splice' })
})

nativeTest('sockets without descriptors get the stream engine', async (t, libc) => {
  void libc
  const [client, target] = [await socketPair(t), await socketPair(t)]
  const clock = createRealClock()
  const join = createSpliceJoin({
    clock,
    choose: () => t.fail('no worker is asked for') as never,
    stream: createStreamJoin({ clock }),
    copyNear: false,
  })
  const limits = { idleTimeoutMs: 60_000, halfCloseTimeoutMs: 60_000 }
  const result = new Promise(resolve => {
    join(client.inner, target.inner, { ...limits, early: Buffer.from('a') }, resolve)
  })
  client.outer.end('b')
  t.equal((await receiveAll(target.outer)).bytes.toString(), 'ab')
  target.outer.end()
  client.outer.resume()
  t.same(await result, { bytesUp: 2, bytesDown: 0, reason: 'eof', engine: 'stream' })
})

nativeTest('bulk of peers on this host is copied with copyNear', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const clock = createRealClock()
  for (const copyNear of [true, false]) {
    const jobs: RelayJob[] = []
    const begun = (job: RelayJob): number => jobs.push(job)
    const join = createSpliceJoin({
      clock,
      choose: () => ({ begin: begun }) as Partial<RelayWorker> as RelayWorker,
      stream: () => t.fail('a worker has a free slot') as never,
      copyNear,
    })
    const [client, target] = [await nativePair(t, libc, poller), await nativePair(t, libc, poller)]
    const limits = { idleTimeoutMs: 60_000, halfCloseTimeoutMs: 60_000 }
    join(client.inner, target.inner, limits, () => {})
    t.match(jobs, [{ copied: copyNear, unixClient: false }])
    for (const job of jobs) [job.client, job.upstream].forEach(fd => libc.close(fd))
    for (const { outer } of [client, target]) outer.destroy()
  }
})

for (const address of ['127.0.0.1', '127.255.0.9', '::1']) {
  t.equal(isNear(address), true, address)
}
for (const address of [undefined, '12.7.0.1', '10.0.0.127', '1.127.0.0', '::', '::2', 'fe80::1']) {
  t.equal(isNear(address), false, String(address))
}
