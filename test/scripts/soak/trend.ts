import t from 'tap'
import { outerThirds, percentile, riseOf } from '../../../scripts/soak/trend.ts'
import { createRandom } from '../../fixtures/random.ts'

const samples = (count: number, valueAt: (at: number) => number) =>
  Array.from({ length: count }, (_, at) => ({ at, value: valueAt(at) }))

t.test('the rise of a line is found under noise, and of many samples too', async t => {
  const random = createRandom(1, 1)
  for (const count of [20, 3000]) {
    const rising = samples(count, at => 100 + (at / (count - 1)) * 30 + random.between(-3, 3))
    const rise = riseOf(rising)
    t.ok(rise > 25 && rise < 35, `${rise} of 30`)
    const flat = riseOf(samples(count, () => 100 + random.between(-3, 3)))
    t.ok(Math.abs(flat) < 3, `${flat} of 0`)
  }
})

t.test('a peak does not count, wherever it is', async t => {
  for (const from of [0, 40, 80]) {
    const rise = riseOf(samples(100, at => (at >= from && at < from + 20 ? 200 : 100)))
    t.equal(rise, 0, `from ${from}`)
  }
  t.equal(riseOf([]), 0)
})

t.test('percentiles and thirds', async t => {
  t.equal(percentile([3, 1, 2], 0.5), 2)
  t.equal(percentile([3, 1, 2], 1), 3)
  t.ok(Number.isNaN(percentile([], 0.5)))
  const [first, last] = outerThirds(samples(9, at => at))
  t.same(
    [first.map(({ at }) => at), last.map(({ at }) => at)],
    [
      [0, 1, 2],
      [6, 7, 8],
    ],
  )
})
