import type { RaceEntry } from '../admin/api.ts'
import type { KeptRace } from './state.ts'

/** Races that ended within one span of time, by who won. */
export type WinsBucket = {
  /** Epoch milliseconds of its start. */
  readonly from: number
  readonly v6: number
  readonly v4: number
  readonly failed: number
  /** Of those won. */
  readonly hidden: number
}

/** Spans that a bucket may have: round ones, so that their limits are round times. */
const SPANS_MS = [
  1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
  3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000,
]

/** Shortest time that the plots show: with less, the first race would fill them. */
const SHOWN_MIN_MS = 60_000

const LAST_SPAN_MS = SPANS_MS.at(-1) ?? 86_400_000

/** The smallest round span with which so many buckets, whose limits are multiples of it, hold the races up to now. */
export const bucketSpanMs = (oldest: number, now: number, bucketsMax: number): number => {
  const shown = now - oldest
  const holdsAll = (ms: number): boolean =>
    ms * bucketsMax >= SHOWN_MIN_MS && Math.floor(now / ms) - Math.floor(oldest / ms) < bucketsMax
  // The first bucket may begin up to one span before the oldest race.
  const most = Math.ceil(shown / (bucketsMax - 1) / LAST_SPAN_MS) * LAST_SPAN_MS
  return SPANS_MS.find(holdsAll) ?? most
}

/**
 * The races in buckets of equal span, oldest first, without a gap up to now.
 *
 * @param bucketsMax 2 or more
 */
export const winsByTime = (
  races: readonly KeptRace[],
  now: number,
  bucketsMax: number,
): WinsBucket[] => {
  const oldest = races.reduce((least, { race }) => Math.min(least, race.time), now)
  const span = bucketSpanMs(oldest, now, bucketsMax)
  const last = Math.floor(now / span)
  const first = last - bucketsMax + 1
  const buckets = Array.from({ length: bucketsMax }, (_, i) => ({
    from: (first + i) * span,
    v6: 0,
    v4: 0,
    failed: 0,
    hidden: 0,
  }))
  for (const { race } of races) {
    const place = Math.min(Math.floor(race.time / span), last) - first
    const bucket = buckets[place]
    if (!bucket) continue
    if (race.outcome === 'failed') bucket.failed++
    if (race.winner?.family === 6) bucket.v6++
    if (race.winner?.family === 4) bucket.v4++
    if (race.winner && race.hidden) bucket.hidden++
  }
  return buckets
}

/** The races that were won, as points of a plot: moments in epoch seconds, times in milliseconds. */
export type ConnectTimes = {
  readonly at: readonly number[]
  readonly v6: readonly (number | null)[]
  readonly v4: readonly (number | null)[]
}

/** Least time that a logarithmic scale shows. */
const TIME_MIN_MS = 0.1

const timeOf = (race: RaceEntry, family: 4 | 6): number | null =>
  race.winner?.family === family && !Number.isNaN(race.durationMs)
    ? Math.max(race.durationMs, TIME_MIN_MS)
    : null

/** @param races oldest first; of several that end out of order, the plot needs them by time */
export const connectTimes = (races: readonly KeptRace[]): ConnectTimes => {
  const won = races
    .flatMap(({ race }) => (race.winner ? [race] : []))
    .toSorted((a, b) => a.time - b.time)
  return {
    at: won.map(({ time }) => time / 1000),
    v6: won.map(race => timeOf(race, 6)),
    v4: won.map(race => timeOf(race, 4)),
  }
}

/** The values that there are, the least first. */
export const sortedValues = (values: readonly (number | null)[]): readonly number[] =>
  values.filter(value => value !== null).toSorted((a, b) => a - b)

/** The least of the sorted values that at least this share of them does not exceed; null if there is none. */
export const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
