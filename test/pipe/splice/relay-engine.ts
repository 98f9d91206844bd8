import t from 'tap'
import type { Libc } from '../../../src/libc/types.ts'
import { countMoved, createRelayEngine, FLAG } from '../../../src/pipe/splice/relay-engine.ts'
import { createRelayMemory, viewRelayMemory } from '../../../src/pipe/splice/relay-memory.ts'

t.test('tables are as long as there are slots and sides, and empty', async t => {
  const memory = viewRelayMemory(createRelayMemory(5))
  const engine = createRelayEngine({ libc: {} as Libc, memory, now: () => 7, epoll: 3 })
  t.same(
    [engine.live, engine.generation, engine.movedAt].map(table => table.length),
    [5, 5, 5],
  )
  t.same(
    [engine.flags, engine.pipe, engine.piped].map(table => table.length),
    [10, 10, 10],
  )
  t.equal(engine.ready.size(), 0)
  const { live, generation, movedAt, flags, pipe, piped } = engine
  const tables = [live, generation, movedAt, flags, pipe, piped]
  const bytes = tables.reduce((sum, table) => sum + table.byteLength, 0)
  t.ok(bytes / 5 < 100, 'a relay takes few bytes')
})

t.test('moved bytes are counted for their direction, and their time for the relay', async t => {
  const memory = viewRelayMemory(createRelayMemory(2))
  let ms = 10
  const engine = createRelayEngine({ libc: {} as Libc, memory, now: () => ms, epoll: 3 })
  countMoved(engine, 3, 100)
  ms = 20
  countMoved(engine, 3, 2 ** 40)
  t.same([...memory.bytes], [0, 0, 0, 100 + 2 ** 40])
  t.same([...engine.movedAt], [0, 20])
})

t.test('flags are bits of their own that fit the table', async t => {
  const bits = Object.values(FLAG)
  t.equal(
    bits.reduce((sum, bit) => sum | bit, 0),
    bits.reduce<number>((sum, bit) => sum + bit, 0),
  )
  t.ok(Math.max(...bits) <= 0xffff)
})
