import t from 'tap'
import type { Libc } from '../../../src/libc/libc.ts'
import {
  FLAG,
  countMoved,
  createReadyList,
  createRelayEngine,
} from '../../../src/pipe/splice/relay-engine.ts'
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

t.test('the ready list is first in, first out, with each direction once', async t => {
  const list = createReadyList(4)
  t.equal(list.size(), 0)
  for (const direction of [3, 0, 3, 1, 0]) list.add(direction)
  t.equal(list.size(), 3)
  t.equal(list.next(), 3)
  list.add(3)
  list.add(2)
  t.equal(list.size(), 4, 'all are in it')
  t.same([list.next(), list.next(), list.next(), list.next()], [0, 1, 3, 2])
  t.equal(list.size(), 0)
})

t.test('the ready list wraps around', async t => {
  const list = createReadyList(2)
  for (let i = 0; i < 7; i++) {
    list.add(i % 2)
    list.add((i + 1) % 2)
    t.same([list.next(), list.next()], [i % 2, (i + 1) % 2])
  }
})
