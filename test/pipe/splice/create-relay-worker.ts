import { O } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import type { Poller } from '../../../src/libc/epoll-events.ts'
import { createPoller } from '../../../src/libc/poller.ts'
import {
  createRelayWorker,
  startRelayThread,
} from '../../../src/pipe/splice/create-relay-worker.ts'
import {
  createRelayMemory,
  putRing,
  viewRelayMemory,
} from '../../../src/pipe/splice/relay-memory.ts'
import type { RelayEnd } from '../../../src/pipe/splice/relay-slots.ts'
import {
  RELAY_LIMITS,
  createHandThreads,
  isOpen,
  twoDescriptors,
} from '../../fixtures/hand-threads.ts'
import { nativeTest } from '../../fixtures/native-test.ts'
import { openDescriptors } from '../../fixtures/process-figures.ts'
import { until } from '../../fixtures/socket-pair.ts'

const begin = (libc: Libc, poller: Poller) => {
  const { threads, start } = createHandThreads(libc)
  const deaths: [string | null, number][] = []
  const worker = createRelayWorker({
    libc,
    poller,
    start,
    capacity: 8,
    pipes: 3,
    gone: (error, lost) => void deaths.push([error?.message ?? null, lost]),
  })
  const [hand] = threads
  if (!hand) throw new Error('no thread was started')
  const ends: RelayEnd[] = []
  const owner = (end: RelayEnd): void => void ends.push(end)
  return { worker, hand, deaths, ends, owner }
}

nativeTest('the worker is woken only while it waits', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const { worker, hand, ends, owner, deaths } = begin(libc, poller)
  t.notOk(worker.isReady(), 'it has not begun')
  hand.wait()
  t.ok(worker.isReady())
  const slot = worker.begin({ ...twoDescriptors(libc), ...RELAY_LIMITS }, owner)
  t.ok(hand.wasWoken())
  t.ok(worker.isReady(), 'it is, also while it works')
  worker.stop(slot, owner)
  t.notOk(hand.wasWoken(), 'it is awake')
  hand.wait()
  worker.stop(slot, owner)
  t.notOk(hand.wasWoken(), 'it was notified before')
  hand.finish(slot, 'drain', [3, 4])
  await until('the end', () => ends.length > 0)
  t.same(ends, [{ bytesUp: 3, bytesDown: 4, reason: 'drain' }])
  hand.wait()
  worker.end()
  t.ok(hand.wasWoken())
  t.equal(hand.memory.control[1], 1)
  t.notOk(worker.isReady())
  hand.die()
  t.same(deaths, [[null, 0]])
})

nativeTest('a worker that does not answer is noticed', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const { worker, hand } = begin(libc, poller)
  const { control } = hand.memory
  t.equal(worker.stalledMs(5), 0, 'not while it starts')
  hand.wait()
  t.equal(worker.stalledMs(10), 0, 'it was just asked')
  t.ok(hand.wasWoken())
  t.equal(worker.stalledMs(17), 7)
  t.notOk(hand.wasWoken(), 'it is asked once')
  Atomics.store(control, 8, Atomics.load(control, 7))
  t.equal(worker.stalledMs(20), 0, 'it has answered, and is asked again')
  t.equal(worker.stalledMs(21), 1)
  worker.end()
  t.equal(worker.stalledMs(99), 0, 'nor when it ends')
  hand.die()
})

nativeTest('relays of a worker that dies are reset', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const { worker, hand, ends, owner, deaths } = begin(libc, poller)
  hand.wait()
  const pair = twoDescriptors(libc)
  worker.begin({ ...pair, ...RELAY_LIMITS }, owner)
  hand.die(new Error('a bug'))
  t.notOk(isOpen(libc, pair.client) || isOpen(libc, pair.upstream))
  t.same(ends, [{ bytesUp: 0, bytesDown: 0, reason: 'error' }])
  t.same(deaths, [['a bug', 1]])
  t.notOk(worker.isReady())
})

nativeTest('relays of a worker that is ended have reason drain', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const { worker, hand, ends, owner, deaths } = begin(libc, poller)
  worker.begin({ ...twoDescriptors(libc), ...RELAY_LIMITS }, owner)
  worker.end()
  hand.die()
  t.match(ends, [{ reason: 'drain' }])
  t.same(deaths, [[null, 1]])
})

nativeTest('without descriptors it throws and leaks none', async (t, libc, defer) => {
  const poller = createPoller(libc)
  defer(() => poller.close())
  const before = openDescriptors(process.pid)
  for (const allowed of [0, 1]) {
    let made = 0
    const poor: Libc = {
      ...libc,
      eventfd: (value, flags) => (made++ < allowed ? libc.eventfd(value, flags) : -24),
    }
    t.throws(() => begin(poor, poller), { code: 'EMFILE', syscall: 'eventfd' })
  }
  const failing: Poller = { ...poller, watch: () => -28 }
  t.throws(() => begin(libc, failing), { code: 'ENOSPC', syscall: 'epoll_ctl' })
  t.equal(openDescriptors(process.pid), before)
})

const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)

const beginOn = async (libc: Libc, defer: (end: () => unknown) => void) => {
  const [wakeFd, notifyFd] = [libc.eventfd(0, O.NONBLOCK), libc.eventfd(0, O.NONBLOCK)]
  defer(() => libc.close(wakeFd))
  defer(() => libc.close(notifyFd))
  const shared = createRelayMemory(4)
  const memory = viewRelayMemory(shared)
  const heard: string[] = []
  const exited = new Promise<void>(resolve => {
    startRelayThread({ memory: shared, wakeFd, notifyFd, pipes: 4 }).listen(
      error => heard.push(error.message),
      () => {
        heard.push('exit')
        resolve()
      },
    )
  })
  await until('it waits', () => Atomics.load(memory.control, 0) === 1)
  const wake = (): void => void libc.write(wakeFd, ONE, ONE.length)
  return { memory, heard, exited, wake }
}

nativeTest('a thread starts, waits, and ends when asked to', async (t, libc, defer) => {
  const { memory, heard, exited, wake } = await beginOn(libc, defer)
  Atomics.store(memory.control, 7, 41)
  wake()
  await until('it answers that it runs', () => Atomics.load(memory.control, 8) === 41)
  Atomics.store(memory.control, 1, 1)
  wake()
  await exited
  t.same(heard, ['exit'])
})

nativeTest('its exception is reported before its exit', async (t, libc, defer) => {
  const { memory, heard, exited, wake } = await beginOn(libc, defer)
  putRing(memory.submissions, 4)
  wake()
  await exited
  t.match(heard, [/relay 4 of 4/, 'exit'])
})
