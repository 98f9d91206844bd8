import fc from 'fast-check'
import t from 'tap'
import { percentOf, ticksOf } from '../../src/dashboard/scale.ts'

t.test('a scale has round numbers', async t => {
  t.same(ticksOf(271.4, 5), [0, 100, 200])
  t.same(ticksOf(10, 5), [0, 2, 4, 6, 8, 10])
  t.same(ticksOf(0.3, 3), [0, 0.1, 0.2, 0.3])
  t.same(ticksOf(30_000, 5), [0, 10_000, 20_000, 30_000])
  t.same(ticksOf(0.2, 5, 0.1), [0, 0.1, 0.2], 'no two that are written alike')
  t.same(ticksOf(0.05, 5, 0.1), [0])
  t.same(ticksOf(0, 5), [0])
  t.same(ticksOf(Number.NaN, 5), [0])
})

t.test('no scale has more steps than it may, or leaves itself', async t => {
  const scale = fc.tuple(
    fc.double({ min: 0.001, max: 1e7, noNaN: true }),
    fc.integer({ min: 1, max: 20 }),
  )
  fc.assert(
    fc.property(scale, ([length, max]) => {
      const ticks = ticksOf(length, max)
      t.ok(ticks.length <= max + 1 && ticks.every(tick => tick <= length * (1 + 1e-6)))
    }),
  )
})

t.test('places are percent of the scale, inside it', async t => {
  t.equal(percentOf(50, 200), 25)
  t.equal(percentOf(1, 3), 33.33)
  t.equal(percentOf(-1, 3), 0)
  t.equal(percentOf(4, 3), 100)
  t.equal(percentOf(4, 0), 0)
  t.equal(percentOf(Number.NaN, 3), 0)
})
