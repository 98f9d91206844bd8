import t from 'tap'
import { POOLED_BYTES, createBufferPool } from '../../../src/pipe/splice/buffer-pool.ts'

t.test('a large buffer is reused for what fits in', async t => {
  const pool = createBufferPool()
  const first = pool.take(3 * POOLED_BYTES)
  t.equal(first.length, 3 * POOLED_BYTES)
  t.equal(first.buffer.byteLength, 4 * POOLED_BYTES)
  const second = pool.take(3 * POOLED_BYTES)
  t.not(second.buffer, first.buffer, 'nobody else has it')
  pool.give(first.subarray(100))
  t.not(pool.take(5 * POOLED_BYTES).buffer, first.buffer, 'it is too small')
  const third = pool.take(4 * POOLED_BYTES)
  t.equal(third.buffer, first.buffer)
  t.equal(third.length, 4 * POOLED_BYTES)
  t.not(pool.take(POOLED_BYTES).buffer, first.buffer, 'it is taken')
  t.equal(pool.inUse(), (4 + 4 + 8 + 1) * POOLED_BYTES)
})

t.test('small buffers have the requested size, and are not kept', async t => {
  const pool = createBufferPool()
  const small = pool.take(1000)
  t.equal(small.buffer.byteLength, 1000)
  t.equal(pool.inUse(), 1000)
  pool.give(small)
  t.equal(pool.inUse(), 0)
  t.not(pool.take(1000).buffer, small.buffer)
})

t.test('at most four are kept', async t => {
  const pool = createBufferPool()
  const all = Array.from({ length: 6 }, () => pool.take(POOLED_BYTES))
  for (const each of all) pool.give(each)
  const again = new Set(Array.from({ length: 6 }, () => pool.take(POOLED_BYTES).buffer))
  t.equal(all.filter(({ buffer }) => again.has(buffer)).length, 4)
})
