import fc from 'fast-check'
import t from 'tap'
import {
  bucketSpanMs,
  connectTimes,
  quantile,
  sortedValues,
  winsByTime,
} from '../../src/dashboard/plot-data.ts'
import type { KeptRace } from '../../src/dashboard/state.ts'
import { failedRace, plainRace, raceEntry } from '../fixtures/race-entry.ts'

const NOW = 1_795_345_200_000

const kept = (...races: readonly KeptRace['race'][]): KeptRace[] =>
  races.map((race, i) => ({ key: i + 1, race, record: race }))

t.test('buckets have round spans that hold all races', async t => {
  t.equal(bucketSpanMs(NOW, NOW, 60), 1000)
  t.equal(bucketSpanMs(NOW - 61_000, NOW, 60), 2000)
  t.equal(bucketSpanMs(NOW - 3_540_000, NOW, 60), 60_000)
  t.equal(bucketSpanMs(NOW - 3_600_000, NOW, 60), 120_000)
  t.equal(bucketSpanMs(NOW - 86_400_000 * 90, NOW, 60), 86_400_000 * 2)
})

t.test('no race is older than the first bucket', async t => {
  fc.assert(
    fc.property(fc.nat(1e11), fc.nat(1e9), fc.integer({ min: 2, max: 80 }), (age, at, count) => {
      const now = NOW + at
      const buckets = winsByTime(kept(plainRace({ time: now - age })), now, count)
      const won = buckets.reduce((sum, { v6 }) => sum + v6, 0)
      t.ok(won === 1 && (buckets[0]?.from ?? 0) <= now - age && buckets.length === count)
    }),
  )
})

t.test('races are counted by the time of their end', async t => {
  const buckets = winsByTime(
    kept(
      plainRace({ time: NOW - 3000 }),
      raceEntry({ time: NOW - 2500 }),
      failedRace({ time: NOW - 2001 }),
      failedRace({ time: NOW, outcome: 'aborted' }),
      plainRace({ time: NOW + 5000 }),
    ),
    NOW,
    60,
  )
  t.equal(buckets.length, 60)
  t.same(buckets.slice(-4), [
    { from: NOW - 3000, v6: 1, v4: 1, failed: 1, hidden: 1 },
    { from: NOW - 2000, v6: 0, v4: 0, failed: 0, hidden: 0 },
    { from: NOW - 1000, v6: 0, v4: 0, failed: 0, hidden: 0 },
    { from: NOW, v6: 1, v4: 0, failed: 0, hidden: 0 },
  ])
})

t.test('connect times are points by family, in the order of time', async t => {
  const races = kept(
    plainRace({ time: 2000, durationMs: 0 }),
    raceEntry({ time: 1000, durationMs: 271 }),
    failedRace({ time: 1500 }),
  )
  t.same(connectTimes(kept(plainRace({ time: 1000, durationMs: Number.NaN }))).v6, [null])
  t.same(connectTimes(races), { at: [1, 2], v6: [null, 0.1], v4: [271, null] })
})

t.test('quantiles are values that are there', async t => {
  const quantileOf = (values: readonly (number | null)[], share: number): number | null =>
    quantile(sortedValues(values), share)
  t.equal(quantileOf([], 0.5), null)
  t.equal(quantileOf([null], 0.5), null)
  t.equal(quantileOf([30, null, 10, 20], 0.5), 20)
  t.equal(quantileOf([30, 10, 20], 0), 10)
  t.equal(quantileOf([30, 10, 20], 0.95), 30)
  t.equal(quantileOf([100, 9], 0.5), 9, 'numbers, not texts, are sorted')
})
