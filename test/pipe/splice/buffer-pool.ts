import t from 'tap'
import { ROOM_BYTES, createHoldRooms } from '../../../src/pipe/splice/buffer-pool.ts'

t.test('a large room is used again, by who fits in', async t => {
  const rooms = createHoldRooms()
  const first = rooms.take(3 * ROOM_BYTES)
  t.equal(first.length, 3 * ROOM_BYTES)
  t.equal(first.buffer.byteLength, 4 * ROOM_BYTES)
  const second = rooms.take(3 * ROOM_BYTES)
  t.not(second.buffer, first.buffer, 'nobody else has it')
  rooms.give(first.subarray(100))
  t.not(rooms.take(5 * ROOM_BYTES).buffer, first.buffer, 'it is too small for that')
  const third = rooms.take(4 * ROOM_BYTES)
  t.equal(third.buffer, first.buffer)
  t.equal(third.length, 4 * ROOM_BYTES)
  t.not(rooms.take(ROOM_BYTES).buffer, first.buffer, 'it is taken')
  t.equal(rooms.lent(), (4 + 4 + 8 + 1) * ROOM_BYTES)
})

t.test('small ones are as large as they must be, and are not kept', async t => {
  const rooms = createHoldRooms()
  const small = rooms.take(1000)
  t.equal(small.buffer.byteLength, 1000)
  t.equal(rooms.lent(), 1000)
  rooms.give(small)
  t.equal(rooms.lent(), 0)
  t.not(rooms.take(1000).buffer, small.buffer)
})

t.test('few are kept', async t => {
  const rooms = createHoldRooms()
  const all = Array.from({ length: 6 }, () => rooms.take(ROOM_BYTES))
  for (const each of all) rooms.give(each)
  const again = new Set(Array.from({ length: 6 }, () => rooms.take(ROOM_BYTES).buffer))
  t.equal(all.filter(({ buffer }) => again.has(buffer)).length, 4)
})
