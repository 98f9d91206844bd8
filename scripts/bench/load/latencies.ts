/** Times that are collected, and what is said of them. */
export type Latencies = {
  readonly add: (time: number) => void
  /** The value that a share (0 to 1) of all are not above; undefined where there is none. */
  readonly at: (share: number) => number | undefined
  readonly count: () => number
}

export const createLatencies = (): Latencies => {
  let times = new Float64Array(1 << 16)
  let count = 0
  let sorted = 0
  const sort = (): void => {
    if (sorted !== count) times.subarray(0, count).sort()
    sorted = count
  }
  return {
    add: time => {
      if (count === times.length) {
        const more = new Float64Array(count * 2)
        more.set(times)
        times = more
      }
      times[count++] = time
    },
    at: share => {
      sort()
      return count === 0 ? undefined : times[Math.max(0, Math.ceil(count * share) - 1)]
    },
    count: () => count,
  }
}
