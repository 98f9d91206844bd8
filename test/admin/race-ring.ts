import t from 'tap'
import type { RaceRing } from '../../src/admin/race-ring.ts'
import { createRaceRing } from '../../src/admin/race-ring.ts'

const itemsOf = (ring: RaceRing<string>): readonly string[] =>
  ring.after(0, Infinity).map(({ id, time, item }) => `${id} ${time} ${item}`)

const fill = (ring: RaceRing<string>, from: number, to: number): void => {
  for (let n = from; n <= to; n++) ring.add(10 * n, `r${n}`)
}

t.test('the ring keeps the newest', async t => {
  const ring = createRaceRing<string>(3)
  t.same([ring.firstId(), ring.lastId()], [1, 0])
  t.same(itemsOf(ring), [])
  fill(ring, 1, 2)
  t.same(itemsOf(ring), ['1 10 r1', '2 20 r2'])
  fill(ring, 3, 7)
  t.same(itemsOf(ring), ['5 50 r5', '6 60 r6', '7 70 r7'])
  t.same([ring.firstId(), ring.lastId(), ring.max()], [5, 7, 3])
  t.equal(ring.get(4), undefined)
  t.equal(ring.get(8), undefined)
  t.match(ring.get(6), { item: 'r6' })
})

t.test('after gives the oldest of what is newer', async t => {
  const ring = createRaceRing<string>(5)
  fill(ring, 1, 9)
  const ids = (id: number, limit: number) => ring.after(id, limit).map(each => each.id)
  t.same(ids(6, 10), [7, 8, 9])
  t.same(ids(0, 2), [5, 6])
  t.same(ids(9, 10), [])
  t.same(ids(99, 10), [])
})

t.test('another size keeps the newest and the numbers', async t => {
  const ring = createRaceRing<string>(4)
  fill(ring, 1, 6)
  ring.resize(2)
  t.same(itemsOf(ring), ['5 50 r5', '6 60 r6'])
  ring.resize(5)
  fill(ring, 7, 10)
  t.same(
    ring.after(0, 9).map(({ id }) => id),
    [6, 7, 8, 9, 10],
  )
  ring.resize(0)
  t.same(itemsOf(ring), [])
  fill(ring, 11, 12)
  t.equal(ring.lastId(), 10, 'a ring without places numbers nothing')
  t.ok(ring.firstId() > ring.lastId())
  ring.resize(1)
  fill(ring, 11, 12)
  t.same(itemsOf(ring), ['12 120 r12'])
})

t.test('watchers are called until they end', async t => {
  const ring = createRaceRing<string>(1)
  let calls = 0
  const stop = ring.watch(() => void calls++)
  fill(ring, 1, 2)
  t.equal(calls, 2)
  stop()
  fill(ring, 3, 3)
  t.equal(calls, 2)
})
