import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Libc } from '../../../src/libc/libc.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import type { RelayWorker } from '../../../src/pipe/splice/create-relay-worker.ts'
import { putRing } from '../../../src/pipe/splice/relay-memory.ts'
import type { RelayEnd } from '../../../src/pipe/splice/relay-slots.ts'
import type { WorkerLoss } from '../../../src/pipe/splice/worker-pool.ts'
import { createWorkerPool } from '../../../src/pipe/splice/worker-pool.ts'
import { exitOf, own, within } from '../../fixtures/children.ts'
import { COMPILED } from '../../fixtures/compiled.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import type { HandThread } from '../../fixtures/hand-threads.ts'
import { RELAY_LIMITS, createHandThreads, twoDescriptors } from '../../fixtures/hand-threads.ts'
import { nativePair } from '../../fixtures/native-pair.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { settled } from '../../fixtures/script-lookup.ts'
import { receiveAll, until } from '../../fixtures/socket-pair.ts'

const begin = (
  libc: Libc,
  defer: (end: () => unknown) => void,
  {
    workers = 1,
    capacity = 4,
    eventfd = libc.eventfd,
  }: { workers?: number; capacity?: number; eventfd?: Libc['eventfd'] } = {},
) => {
  const poller = createPoller(libc)
  const clock = createHandClock()
  const stopped = { ms: 0 }
  const { threads, start } = createHandThreads(libc)
  const losses: WorkerLoss[] = []
  const ends: RelayEnd[] = []
  const refused: number[] = []
  const pool = createWorkerPool({
    libc: { ...libc, eventfd },
    poller,
    clock: { ...clock, now: () => clock.now() + stopped.ms },
    workers,
    capacity,
    pipes: 5,
    start,
    onLoss: loss => void losses.push(loss),
    onNoPipe: errno => void refused.push(errno),
  })
  const dead = new Set<HandThread>()
  const kill = (index: number, error?: Error): void => {
    const thread = threads.at(index)
    if (!thread) throw new Error('no such thread')
    dead.add(thread)
    thread.die(error)
  }
  const endAll = async (): Promise<void> => {
    const closed = pool.close()
    for (const thread of threads) if (!dead.has(thread)) thread.die()
    await closed
  }
  defer(() => poller.close())
  defer(endAll)
  return {
    pool,
    clock,
    /** For how long the process was stopped: meanwhile no timer fired. */
    stopped,
    threads,
    losses,
    refused,
    ends,
    /** The one at that place dies. */
    kill,
    relay: (): RelayWorker => {
      const worker = pool.choose()
      if (!worker) throw new Error('no free slot')
      worker.begin({ ...twoDescriptors(libc), ...RELAY_LIMITS }, end => ends.push(end))
      return worker
    },
  }
}

nativeTest(
  'a relay goes to the worker with the fewest, as long as one has a free slot',
  async (t, libc, defer) => {
    const { pool, threads, ends, relay } = begin(libc, defer, { workers: 2, capacity: 2 })
    t.equal(pool.choose(), null, 'none is ready')
    threads[0]?.wait()
    const first = relay()
    threads[1]?.wait()
    const second = relay()
    t.not(second, first)
    relay()
    relay()
    t.equal(pool.choose(), null, 'all slots are in use')
    t.equal(pool.active(), 4)
    t.same([first.slots.active(), second.slots.active()], [2, 2])
    threads[1]?.finish(0, 'eof', [3, 4])
    await until('the end', () => ends.length > 0)
    t.equal(pool.choose(), second)
    t.equal(pool.active(), 3)
  },
)

nativeTest('the slowest worker decides whether all run', async (t, libc, defer) => {
  const { pool, threads, clock } = begin(libc, defer, { workers: 2 })
  for (const thread of threads) thread.wait()
  t.equal(pool.stalledMs(), 0)
  clock.advance(5)
  const [first] = threads
  Atomics.store(first?.memory.control ?? new Int32Array(), 8, 1)
  t.equal(pool.stalledMs(), 5)
})

nativeTest('it reports when all workers are ready, or how many are', async (t, libc, defer) => {
  const { pool, threads, clock } = begin(libc, defer, { workers: 2 })
  let ready = -1
  void pool.started().then(count => (ready = count))
  threads[0]?.wait()
  clock.advance(100)
  await settled()
  t.equal(ready, -1)
  threads[1]?.wait()
  clock.advance(100)
  await settled()
  t.equal(ready, 2)
})

nativeTest('a worker that hangs at its start is not waited for', async (t, libc, defer) => {
  const { pool, threads, clock } = begin(libc, defer, { workers: 2 })
  threads[1]?.wait()
  const started = pool.started()
  clock.advance(20_010)
  t.equal(await started, 1)
})

nativeTest(
  'a worker that dies late is replaced at once, and its bytes count',
  async (t, libc, defer) => {
    const { pool, threads, losses, ends, clock, relay, kill } = begin(libc, defer)
    threads[0]?.wait()
    relay()
    threads[0]?.memory.bytes.set([5, 6])
    clock.advance(10_000)
    kill(0, new Error('a bug'))
    t.same(losses, [{ message: 'a bug', connections: 1, replaced: true }])
    t.match(ends, [{ reason: 'error', bytesUp: 5, bytesDown: 6 }])
    t.equal(pool.active(), 0)
    t.equal(pool.choose(), null)
    clock.advance(0)
    t.equal(threads.length, 2)
    threads[1]?.wait()
    t.ok(relay(), 'the next connection works')
    t.equal(pool.active(), 1)
  },
)

nativeTest(
  'a worker that dies at its start is tried three times, a second apart',
  async (t, libc, defer) => {
    const { pool, threads, losses, clock, kill } = begin(libc, defer)
    const started = pool.started()
    for (const [i, replaced] of [true, true, false].entries()) {
      t.equal(threads.length, i + 1)
      kill(i)
      t.same(losses[i], { message: 'it ended by itself', connections: 0, replaced })
      clock.advance(999)
      t.equal(threads.length, i + 1)
      clock.advance(1)
    }
    t.equal(threads.length, 3)
    t.equal(await started, 0)
    clock.advance(3_600_000)
    t.equal(threads.length, 3)
    t.equal(pool.choose(), null)
    t.equal(clock.pending(), 0)
  },
)

nativeTest('a late death resets the count of early deaths', async (t, libc, defer) => {
  const { threads, losses, clock, kill } = begin(libc, defer)
  for (const livedMs of [0, 0, 10_000, 0, 0]) {
    clock.advance(livedMs)
    kill(-1)
    clock.advance(1000)
  }
  t.ok(losses.every(({ replaced }) => replaced))
  t.equal(threads.length, 6)
})

nativeTest(
  'a worker that cannot start for lack of descriptors is reported as lost',
  async (t, libc, defer) => {
    let poor = true
    const eventfd: Libc['eventfd'] = (value, flags) => (poor ? -24 : libc.eventfd(value, flags))
    const { losses, threads, clock } = begin(libc, defer, { eventfd })
    t.match(losses, [{ message: /EMFILE/, connections: 0, replaced: true }])
    poor = false
    clock.advance(1000)
    t.equal(threads.length, 1)
  },
)

nativeTest('close ends all workers, and pending replacements', async (t, libc, defer) => {
  const { pool, threads, losses, clock, relay, ends, kill } = begin(libc, defer, { workers: 2 })
  kill(0)
  threads[1]?.wait()
  relay()
  const closed = pool.close()
  t.equal(threads[1]?.memory.control[1], 1)
  t.equal(pool.choose(), null)
  clock.advance(5000)
  t.equal(threads.length, 2, 'none is replaced')
  kill(1)
  await closed
  t.equal(losses.length, 1, 'an end that was asked for is no loss')
  t.match(ends, [{ reason: 'drain' }])
})

nativeTest('close terminates a thread that does not end by itself', async (t, libc, defer) => {
  const { pool, threads, clock, kill } = begin(libc, defer, { workers: 2 })
  for (const thread of threads) thread.wait()
  const closed = pool.close()
  kill(0)
  clock.advance(999)
  t.equal(threads[1]?.terminations, 0)
  clock.advance(1)
  t.same([threads[0]?.terminations, threads[1]?.terminations], [0, 1])
  kill(1)
  await closed
  t.equal(clock.pending(), 0)
})

const answer = ({ memory: { control } }: HandThread): void =>
  void Atomics.store(control, 8, Atomics.load(control, 7))

nativeTest('a worker that hangs is terminated and replaced', async (t, libc, defer) => {
  const { pool, threads, clock, relay, ends, losses, kill } = begin(libc, defer, { workers: 2 })
  for (const thread of threads) thread.wait()
  const [first, second] = threads
  if (!first || !second) throw new Error('no thread was started')
  relay()
  relay()
  for (let looks = 0; looks < 2; looks++) {
    clock.advance(5000)
    answer(second)
  }
  t.equal(first.terminations, 0, 'it was asked first after 5 s')
  clock.advance(5000)
  t.same([first.terminations, second.terminations], [1, 0])
  t.equal(pool.choose()?.slots.memory.control.buffer, second.memory.control.buffer)
  t.ok(pool.stalledMs() >= 10_000, 'the watchdog is not fed before it has ended')
  kill(0)
  t.same(losses, [{ message: 'it did not answer for 10 s', connections: 1, replaced: true }])
  t.match(ends, [{ reason: 'error' }])
  clock.advance(0)
  t.equal(threads.length, 3)
})

nativeTest('a worker of a process that was stopped is not terminated', async (t, libc, defer) => {
  const { threads, clock, stopped, relay } = begin(libc, defer)
  const [thread] = threads
  thread?.wait()
  relay()
  clock.advance(5000)
  stopped.ms = 60_000
  clock.advance(5000)
  if (thread) answer(thread)
  clock.advance(5000)
  t.equal(thread?.terminations, 0)
})

nativeTest('without relays no timer runs', async (t, libc, defer) => {
  const { threads, clock, relay, ends } = begin(libc, defer)
  threads[0]?.wait()
  relay()
  t.equal(clock.pending(), 1)
  threads[0]?.finish(0, 'eof')
  await until('the end', () => ends.length > 0)
  clock.advance(5000)
  t.equal(clock.pending(), 0)
  relay()
  t.equal(clock.pending(), 1, 'the next relay starts it again')
})

nativeTest('without a worker close resolves at once', async (t, libc, defer) => {
  const { pool, clock, kill } = begin(libc, defer)
  for (let i = 0; i < 3; i++) {
    kill(-1)
    clock.advance(1000)
  }
  await pool.close()
  t.equal(await pool.started(), 0)
})

const MAIN = fileURLToPath(new URL('../../fixtures/relay-exit-main.ts', import.meta.url))

for (const [how, expected] of [
  ['exit', { code: 3, signal: null }],
  ['throw', { code: 1, signal: null }],
  ['close', { code: 0, signal: null }],
] as const) {
  nativeTest(`a process with real workers ends: ${how}`, async t => {
    const child = own(spawn(process.execPath, [COMPILED, MAIN, how]))
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.resume()
    t.same(await within(20_000, 'its end', exitOf(child)), expected)
    t.equal(said, 'relaying\n')
  })
}

nativeTest('a refused pipe is reported when the next relay begins', async (t, libc, defer) => {
  const { pool, threads, refused } = begin(libc, defer, { workers: 1 })
  const [thread] = threads
  if (!thread) throw new Error('no thread was started')
  thread.wait()
  pool.choose()
  t.same(refused, [])
  thread.memory.control[6] = 24
  thread.memory.control[5] = 3
  pool.choose()
  pool.choose()
  t.same(refused, [24], 'once for all of them')
})

nativeTest(
  'a real worker that throws: its connections are reset, the next works',
  async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    const losses: WorkerLoss[] = []
    const pool = createWorkerPool({
      libc,
      poller,
      clock: createRealClock(),
      workers: 1,
      capacity: 4,
      pipes: 4,
      onLoss: loss => void losses.push(loss),
    })
    defer(() => pool.close())
    const ends: RelayEnd[] = []
    const openRelay = async () => {
      await pool.started()
      const [client, target] = [
        await nativePair(t, libc, poller),
        await nativePair(t, libc, poller),
      ]
      defer(() => {
        client.outer.destroy()
        target.outer.destroy()
      })
      const worker = pool.choose()
      const job = {
        client: client.inner.detach(),
        upstream: target.inner.detach(),
        ...RELAY_LIMITS,
      }
      worker?.begin(job, end => ends.push(end))
      client.outer.write('hello')
      await once(target.outer.resume(), 'data')
      return { worker, client, target }
    }
    const { worker, client, target } = await openRelay()
    const hung = Promise.all([receiveAll(client.outer), receiveAll(target.outer)])
    // A slot that is none.
    if (worker) putRing(worker.slots.memory.submissions, 99)
    client.outer.write('wake up')
    t.match(await hung, [{ error: 'ECONNRESET' }, { error: 'ECONNRESET' }])
    await until('the loss', () => losses.length > 0)
    t.match(losses, [{ message: /relay 99 of 4/, connections: 1, replaced: true }])
    t.match(ends, [{ reason: 'error' }])
    const next = await openRelay()
    t.not(next.worker, worker)
    t.equal(losses.length, 1)
  },
)

nativeTest('every worker gets keepalive, replacements too', (t, libc, defer) => {
  const { pool, threads, clock, kill } = begin(libc, defer, { workers: 2 })
  const known = (): number[][] => threads.map(({ memory }) => [...memory.control.subarray(2, 5)])
  t.same(known(), [
    [0, 0, 0],
    [0, 0, 0],
  ])
  pool.setKeepAlive({ idleMs: 60_000, intervalMs: 15_000, count: 4 })
  t.same(known(), [
    [60, 15, 4],
    [60, 15, 4],
  ])
  kill(0)
  clock.advance(1000)
  t.same(known().at(-1), [60, 15, 4])
  pool.setKeepAlive(null)
  t.same(known().slice(1), [
    [0, 0, 0],
    [0, 0, 0],
  ])
})
