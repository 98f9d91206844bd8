import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Ring } from '../../../src/pipe/splice/relay-memory.ts'
import {
  RELAY_REASONS,
  RING_EMPTY,
  createRelayMemory,
  hasRing,
  putRing,
  takeRing,
  viewRelayMemory,
} from '../../../src/pipe/splice/relay-memory.ts'

t.test('no tables overlap, and all are zero', async t => {
  for (const capacity of [1, 2, 3, 7, 1000]) {
    const memory = viewRelayMemory(createRelayMemory(capacity))
    const { submissions, completions } = memory
    const tables = [
      memory.bytes,
      memory.idleMs,
      memory.halfCloseMs,
      memory.state,
      memory.reason,
      memory.fds,
      memory.control,
      memory.ended,
      submissions.entries,
      submissions.ends,
      completions.entries,
      completions.ends,
    ]
    t.ok(tables.every(table => table.every(value => value === 0)))
    tables.forEach((table, i) => table.fill(i + 1))
    t.ok(
      tables.every((table, i) => table.every(value => value === i + 1)),
      `no two share a byte, with ${capacity} slots`,
    )
    t.same(
      [memory.bytes, memory.fds, memory.ended].map(table => table.length),
      [2 * capacity, 2 * capacity, 2 * capacity],
    )
    t.same(
      [memory.idleMs, memory.halfCloseMs, memory.state, memory.reason].map(table => table.length),
      [capacity, capacity, capacity, capacity],
    )
  }
})

t.test('two views of one buffer share their content', async t => {
  const shared = createRelayMemory(4)
  const [one, other] = [viewRelayMemory(shared), viewRelayMemory(shared)]
  one.fds[7] = 42
  one.bytes[2] = 2 ** 40
  one.control[1] = 1
  t.same([other.fds[7], other.bytes[2], other.control[1]], [42, 2 ** 40, 1])
})

t.test('the rings hold a stop, a submission and a stop of each slot', async t => {
  const { submissions, completions } = viewRelayMemory(createRelayMemory(10))
  t.same([submissions.entries.length, completions.entries.length], [30, 30])
})

t.test('each reason has its own number', async t => {
  t.equal(new Set(RELAY_REASONS).size, RELAY_REASONS.length)
})

const createRing = (entries: number): Ring => ({
  entries: new Int32Array(new SharedArrayBuffer(4 * entries)),
  ends: new Int32Array(new SharedArrayBuffer(8)),
})

t.test('the ring is first in, first out', async t => {
  const ring = createRing(3)
  t.equal(hasRing(ring), false)
  t.equal(takeRing(ring), RING_EMPTY, 'nothing is in a new one')
  for (const value of [7, 0, 0x4000_0001]) putRing(ring, value)
  t.equal(hasRing(ring), true)
  t.same([takeRing(ring), takeRing(ring), takeRing(ring)], [7, 0, 0x4000_0001])
  t.equal(takeRing(ring), RING_EMPTY)
  t.equal(hasRing(ring), false)
})

t.test('the ring fills and empties at every position', async t => {
  const ring = createRing(3)
  for (let round = 0; round < 20; round++) {
    for (let value = 0; value < 3; value++) putRing(ring, 10 * round + value)
    for (let value = 0; value < 3; value++) t.equal(takeRing(ring), 10 * round + value)
    t.equal(takeRing(ring), RING_EMPTY)
    // One more, so that each round begins elsewhere.
    putRing(ring, round)
    t.equal(takeRing(ring), round)
  }
})

t.test('another thread sees whole entries, in order', async t => {
  const [there, back] = [createRing(64), createRing(64)]
  // The other side is written out: a worker that loads TypeScript takes longer than all else here.
  const worker = new Worker(
    `const { there, back } = require('node:worker_threads').workerData
     for (let taken = 0; taken < 5000;) {
       const at = there.ends[1]
       if (Atomics.load(there.ends, 0) === at) continue
       const value = there.entries[at % 64]
       Atomics.store(there.ends, 1, (at + 1) % 128)
       const to = back.ends[0]
       back.entries[to % 64] = value
       Atomics.store(back.ends, 0, (to + 1) % 128)
       taken++
     }`,
    { eval: true, workerData: { there, back } },
  )
  let [put, taken, wrong] = [0, 0, 0]
  while (taken < 5000) {
    // No more than fit: that is what the ring asks of its users.
    if (put < 5000 && put - taken < 64) putRing(there, 3 * put++)
    const value = takeRing(back)
    if (value !== RING_EMPTY && value !== 3 * taken++) wrong++
  }
  await once(worker, 'exit')
  t.equal(wrong, 0)
})
