import type { Report } from './types.ts'

/** Times that are collected, and what is said of them. */
export type Latencies = {
  readonly add: (time: number) => void
  /** The value that a share (0 to 1) of all are not above; undefined where there is none. */
  readonly at: (share: number) => number | undefined
  readonly count: () => number
  /**
   * How many there were a second, and how long they took; nothing where there is none.
   *
   * @param spanMs in which they were collected. The times are milliseconds too, and reported in microseconds
   */
  readonly report: (spanMs: number) => Pick<Report, 'perSecond' | 'p50' | 'p99'>
}

export const createLatencies = (): Latencies => {
  let times = new Float64Array(1 << 16)
  let count = 0
  let sorted = 0
  const sort = (): void => {
    if (sorted !== count) times.subarray(0, count).sort()
    sorted = count
  }
  const at = (share: number): number | undefined => {
    sort()
    return count === 0 ? undefined : times[Math.max(0, Math.ceil(count * share) - 1)]
  }
  const inMicroseconds = (share: number): number => (at(share) ?? NaN) * 1000
  return {
    add: time => {
      if (count === times.length) {
        const more = new Float64Array(count * 2)
        more.set(times)
        times = more
      }
      times[count++] = time
    },
    at,
    count: () => count,
    report: spanMs =>
      count === 0
        ? {}
        : {
            perSecond: (count * 1000) / spanMs,
            p50: inMicroseconds(0.5),
            p99: inMicroseconds(0.99),
          },
  }
}
