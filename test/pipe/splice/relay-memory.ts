import t from 'tap'
import {
  createRelayMemory,
  RELAY_REASONS,
  viewRelayMemory,
} from '../../../src/pipe/splice/relay-memory.ts'

t.test('every table has its own place, and all of it is zero', async t => {
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

t.test('two views of one buffer show the same', async t => {
  const shared = createRelayMemory(4)
  const [one, other] = [viewRelayMemory(shared), viewRelayMemory(shared)]
  one.fds[7] = 42
  one.bytes[2] = 2 ** 40
  one.control[1] = 1
  t.same([other.fds[7], other.bytes[2], other.control[1]], [42, 2 ** 40, 1])
})

t.test('the rings have room for a stop, a submission and a stop of each slot', async t => {
  const { submissions, completions } = viewRelayMemory(createRelayMemory(10))
  t.same([submissions.entries.length, completions.entries.length], [30, 30])
})

t.test('a reason has one number', async t => {
  t.equal(new Set(RELAY_REASONS).size, RELAY_REASONS.length)
})
