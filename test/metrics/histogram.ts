import t from 'tap'
import { createHistogram } from '../../src/metrics/histogram.ts'
import { BUCKETS } from '../../src/metrics/metrics.ts'

t.test('durations are counted up to each bound, which is part of its bucket', async t => {
  const histogram = createHistogram()
  for (const ms of [0, 5, 5.1, 250, 31_000]) histogram.observe(ms)
  const values = new Map<string, number>()
  histogram.write((bound, value) => values.set(bound, value))
  t.equal(values.get('0.005'), 2)
  t.equal(values.get('0.01'), 3)
  t.equal(values.get('0.1'), 3)
  t.equal(values.get('0.25'), 4)
  t.equal(values.get('30'), 4)
  t.equal(values.get('+Inf'), 5)
  t.equal(values.get('sum'), 31.2601)
  t.same([...values.keys()], [...BUCKETS.map(String), '+Inf', 'sum'])
})

t.test('the bounds fit races: from 5 ms to 30 s, in order', async t => {
  t.equal(BUCKETS[0], 0.005)
  t.equal(BUCKETS.at(-1), 30)
  t.same(
    BUCKETS.toSorted((a, b) => a - b),
    BUCKETS,
  )
})
