import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { MSG, O } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { startRelayThread } from '../../../src/pipe/splice/create-relay-worker.ts'
import type { RelayMemory } from '../../../src/pipe/splice/relay-memory.ts'
import {
  RING_EMPTY,
  SLOT,
  createRelayMemory,
  putRing,
  takeRing,
  viewRelayMemory,
} from '../../../src/pipe/splice/relay-memory.ts'
import { COMPILED } from '../../fixtures/compiled.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { fdPair } from '../../fixtures/relay-rig.ts'

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)

type Started = {
  readonly memory: RelayMemory
  readonly notifyFd: number
  readonly wake: () => void
  readonly failed: () => Error | undefined
  readonly exited: Promise<void>
}

const start = (libc: Libc, defer: (end: () => unknown) => void): Started => {
  const shared = createRelayMemory(8)
  const memory = viewRelayMemory(shared)
  const wakeFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  const notifyFd = libc.eventfd(0, O.NONBLOCK | O.CLOEXEC)
  const wake = (): void => void libc.write(wakeFd, ONE, 8)
  let failure: Error | undefined
  const exited = new Promise<void>(resolve => {
    startRelayThread({ memory: shared, wakeFd, notifyFd, pipes: 4 }).listen(error => {
      failure = error
    }, resolve)
  })
  defer(async () => {
    Atomics.store(memory.control, 1, 1)
    wake()
    await exited
    libc.close(wakeFd)
    libc.close(notifyFd)
  })
  return { memory, notifyFd, wake, failed: () => failure, exited }
}

const submit = ({ memory, wake }: Started, slot: number, fds: readonly number[]): void => {
  memory.fds.set(fds, 2 * slot)
  memory.idleMs[slot] = 60_000
  memory.halfCloseMs[slot] = 60_000
  memory.state[slot] = SLOT.RELAYING
  putRing(memory.submissions, slot)
  if (Atomics.load(memory.control, 0) === 1) wake()
}

const sleeps = ({ memory }: Started): Promise<unknown> =>
  eventually(() => Atomics.load(memory.control, 0) === 1, 10_000)

const received = async (libc: Libc, fd: number): Promise<string> => {
  const buffer = Buffer.alloc(100)
  let got = -1
  await eventually(() => (got = libc.recv(fd, buffer, 100, MSG.DONTWAIT)) >= 0, 10_000)
  return buffer.toString('utf8', 0, got)
}

nativeTest(
  'a worker relays, sleeps, wakes, reports ends, and closes all when it ends',
  async (t, libc, defer) => {
    const started = start(libc, defer)
    const { memory, notifyFd } = started
    await sleeps(started)
    const pairs = [0, 1].map(() => [fdPair(libc, 'tcp'), fdPair(libc, 'tcp')] as const)
    defer(() => pairs.flat().forEach(([, outer]) => libc.close(outer)))
    for (const [slot, [client, target]] of pairs.entries()) {
      submit(started, slot, [client[0], target[0]])
      libc.send(client[1], Buffer.from('ping'), 4, 0)
      t.equal(await received(libc, target[1]), 'ping')
      libc.send(target[1], Buffer.from('pong'), 4, 0)
      t.equal(await received(libc, client[1]), 'pong')
      await sleeps(started)
    }
    const [first, second] = pairs
    for (const [, outer] of first ?? []) libc.shutdown(outer, 1)
    const count = Buffer.alloc(8)
    await eventually(() => libc.read(notifyFd, count, 8) === 8, 10_000)
    t.equal(takeRing(memory.completions), 0)
    t.equal(memory.state[0], SLOT.DONE)
    t.equal(memory.reason[0], 0, 'eof')
    t.same([...memory.bytes.subarray(0, 2)], [4, 4])
    t.equal(takeRing(memory.completions), RING_EMPTY)
    Atomics.store(memory.control, 1, 1)
    started.wake()
    await started.exited
    t.equal(started.failed(), undefined)
    t.equal(takeRing(memory.completions), 1, 'the other was ended')
    t.same([...memory.fds.subarray(0, 4)], [-1, -1, -1, -1])
    t.equal(await received(libc, second?.[0][1] ?? -1), '', 'by FIN')
  },
)

nativeTest('a worker that fails leaves the sockets to the main thread', async (t, libc, defer) => {
  const started = start(libc, defer)
  const [client, target] = [fdPair(libc, 'tcp'), fdPair(libc, 'tcp')]
  defer(() => [...client, ...target].forEach(libc.close))
  submit(started, 3, [client[0], target[0]])
  libc.send(client[1], Buffer.from('ping'), 4, 0)
  t.equal(await received(libc, target[1]), 'ping')
  putRing(started.memory.submissions, 8)
  started.wake()
  await started.exited
  t.match(started.failed(), { code: 'ERR_BUG' })
  t.same([...started.memory.fds.subarray(6, 8)], [client[0], target[0]])
  t.equal(libc.send(client[0], Buffer.from('x'), 1, 0), 1, 'they are open')
})

nativeTest('an idle worker with relays uses no CPU', async (t, libc, defer) => {
  const started = start(libc, defer)
  const [client, target] = [fdPair(libc, 'tcp'), fdPair(libc, 'tcp')]
  defer(() => [client, target].forEach(([, outer]) => libc.close(outer)))
  submit(started, 0, [client[0], target[0]])
  libc.send(client[1], Buffer.from('ping'), 4, 0)
  t.equal(await received(libc, target[1]), 'ping')
  await sleeps(started)
  const before = process.cpuUsage()
  await new Promise(resolve => setTimeout(resolve, 300))
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 100_000, `${user + system} us of the process in 300 ms`)
})

nativeTest('a thread without the C library throws', async t => {
  const href = new URL('../../../src/pipe/splice/relay-worker.ts', import.meta.url).href
  const code = `Object.defineProperty(process, 'platform', { value: 'plan9' })
    await import(${JSON.stringify(href)})`
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
  const worker = new Worker(url, { workerData: {}, execArgv: [COMPILED] })
  const [error] = (await once(worker, 'error')) as [Error]
  t.match(error.message, /C library.*plan9/)
})
