import { BUCKETS } from './metrics.ts'

/** Counts durations in the buckets of `BUCKETS`. */
export type Histogram = {
  readonly observe: (ms: number) => void
  /** Writes the values of a snapshot: the count up to each bound, and the sum. */
  readonly write: (set: (bound: string, value: number) => void) => void
}

export const createHistogram = (): Histogram => {
  /** One more than there are bounds, for what is above the last. */
  const counts = new Float64Array(BUCKETS.length + 1)
  let sum = 0
  return {
    observe: ms => {
      const seconds = ms / 1000
      let at = 0
      while (seconds > (BUCKETS[at] ?? Infinity)) at++
      counts[at] = (counts[at] ?? 0) + 1
      sum += seconds
    },
    write: set => {
      let count = 0
      for (const [at, bound] of BUCKETS.entries()) set(String(bound), (count += counts[at] ?? 0))
      set('+Inf', count + (counts[BUCKETS.length] ?? 0))
      set('sum', sum)
    },
  }
}
