import t from 'tap'
import type { RoundTrip } from '../../../src/eyeballs/history/round-trip.ts'
import {
  RETRANSMISSION_MS,
  ROUND_TRIP_MAX_AGE_MS,
  addSample,
  attemptDelay,
  believed,
} from '../../../src/eyeballs/history/round-trip.ts'

const after = (...samples: number[]): RoundTrip | undefined => {
  let known: RoundTrip | undefined
  for (const [at, sample] of samples.entries()) known = addSample(known, sample, at)
  return known
}

const bounds = { minimumDelayMs: 100, maximumDelayMs: 2000 }

t.test('the first sample is the time, half of it the deviation (RFC 6298, 2.2)', async t => {
  t.strictSame(after(40), { smoothedMs: 40, deviationMs: 20, at: 0 })
})

t.test('later ones weigh an eighth and a quarter (RFC 6298, 2.3)', async t => {
  t.strictSame(after(40, 80), { smoothedMs: 45, deviationMs: 25, at: 1 })
  t.strictSame(after(40, 40), { smoothedMs: 40, deviationMs: 15, at: 1 })
  t.strictSame(after(80, 40), { smoothedMs: 75, deviationMs: 40, at: 1 })
})

t.test('a handshake with a retransmission in it is no sample (Karn)', async t => {
  t.equal(after(RETRANSMISSION_MS), undefined)
  t.strictSame(after(40, RETRANSMISSION_MS + 40), after(40))
  t.match(after(RETRANSMISSION_MS - 1), { smoothedMs: 999 })
})

t.test('it is believed for ten minutes after the last sample', async t => {
  const known = after(40)
  t.equal(believed(known, ROUND_TRIP_MAX_AGE_MS - 1), known)
  t.equal(believed(known, ROUND_TRIP_MAX_AGE_MS), undefined)
  t.equal(believed(undefined, 0), undefined)
})

t.test('the attempt delay is the time and four deviations, within bounds', async t => {
  t.equal(attemptDelay({ smoothedMs: 60, deviationMs: 20, at: 0 }, bounds), 140)
  t.equal(attemptDelay({ smoothedMs: 2, deviationMs: 1, at: 0 }, bounds), 100)
  t.equal(attemptDelay({ smoothedMs: 900, deviationMs: 400, at: 0 }, bounds), 2000)
})
