import t from 'tap'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDay,
  formatMoment,
  formatMs,
  formatNoun,
  formatShare,
  formatSpan,
  isSameDay,
} from '../../src/dashboard/format.ts'

t.test('durations have a unit and three digits or so', async t => {
  const durations: readonly [number, string][] = [
    [0, '0 ms'],
    [0.04, '0 ms'],
    [3.14, '3.1 ms'],
    [9.99, '10 ms'],
    [271.4, '271 ms'],
    [999.4, '999 ms'],
    [1000, '1.00 s'],
    [2049, '2.04 s'],
    [9999, '9.99 s'],
    [12_345, '12.3 s'],
    [59_999, '59.9 s'],
    [61_000, '1 min 1 s'],
    [Number.NaN, '–'],
  ]
  for (const [ms, text] of durations) t.equal(formatMs(ms), text, String(ms))
})

t.test('long durations have two units', async t => {
  const spans: readonly [number, string][] = [
    [-5000, '0 s'],
    [999, '0 s'],
    [45_000, '45 s'],
    [60_000, '1 min'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '1 d 1 h'],
    [86_401_000, '1 d'],
  ]
  for (const [ms, text] of spans) t.equal(formatSpan(ms), text, String(ms))
})

t.test('bytes have binary units', async t => {
  const sizes: readonly [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [102_349, '100 KiB'],
    [1_048_575, '1.0 MiB'],
    [327_155_712, '312 MiB'],
    [2 ** 60, '1024 PiB'],
  ]
  for (const [bytes, text] of sizes) t.equal(formatBytes(bytes), text, String(bytes))
})

t.test('counts and shares', async t => {
  t.equal(formatCount(1_234_567), '1,234,567')
  t.equal(formatNoun(1, 'race'), '1 race')
  t.equal(formatNoun(Number.NaN, 'record'), '– records')
  t.equal(formatNoun(2000, 'race'), '2,000 races')
  t.equal(formatShare(0, 0), '–')
  t.equal(formatShare(0, 7), '0 %')
  t.equal(formatShare(1, 1000), '< 1 %')
  t.equal(formatShare(999, 1000), '> 99 %')
  t.equal(formatShare(7, 7), '100 %')
  t.equal(formatShare(2, 3), '67 %')
})

t.test('the time of the day is of the local zone', async t => {
  const at = new Date(2026, 10, 30, 4, 5, 6)
  t.equal(formatClock(at.getTime()), '04:05:06')
})

t.test('a moment of another day has its day', async t => {
  const at = new Date(2026, 10, 30, 4, 5, 6).getTime()
  t.equal(formatDay(at), '30 Nov')
  t.equal(formatMoment(at, new Date(2026, 10, 30, 23, 59, 59).getTime()), '04:05:06')
  t.equal(formatMoment(at, new Date(2026, 11, 1, 0, 0, 0).getTime()), '30 Nov, 04:05:06')
  t.equal(formatMoment(at, new Date(2027, 10, 30, 4, 5, 6).getTime()), '30 Nov, 04:05:06')
  t.ok(isSameDay(at, at + 1000))
  t.notOk(isSameDay(at, at - 5 * 3_600_000))
})
