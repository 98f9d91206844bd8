import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Ring } from '../../../src/pipe/splice/relay-memory.ts'
import { hasRing, putRing, RING_EMPTY, takeRing } from '../../../src/pipe/splice/ring.ts'

const createRing = (entries: number): Ring => ({
  entries: new Int32Array(new SharedArrayBuffer(4 * entries)),
  ends: new Int32Array(new SharedArrayBuffer(8)),
})

t.test('numbers come out in the order in which they went in', async t => {
  const ring = createRing(3)
  t.equal(hasRing(ring), false)
  t.equal(takeRing(ring), RING_EMPTY, 'nothing is in a new one')
  for (const value of [7, 0, 0x4000_0001]) putRing(ring, value)
  t.equal(hasRing(ring), true)
  t.same([takeRing(ring), takeRing(ring), takeRing(ring)], [7, 0, 0x4000_0001])
  t.equal(takeRing(ring), RING_EMPTY)
  t.equal(hasRing(ring), false)
})

t.test('it is full, empty and full again at every place of it', async t => {
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
