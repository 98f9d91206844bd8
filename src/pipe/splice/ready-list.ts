/** Directions that have more to do, first come first served, each in it once at most. */
export type ReadyList = {
  readonly size: () => number
  /** Puts a direction at the end, unless it is in the list. */
  readonly add: (direction: number) => void
  /** Takes the first out. Only where `size` is above 0. */
  readonly next: () => number
}

/** @param count how many directions there are; they are numbered from 0 */
export const createReadyList = (count: number): ReadyList => {
  const ring = new Int32Array(count)
  const listed = new Uint8Array(count)
  let first = 0
  let size = 0
  return {
    size: () => size,
    add: direction => {
      if (listed[direction] === 1) return
      listed[direction] = 1
      ring[(first + size) % count] = direction
      size++
    },
    next: () => {
      const direction = ring[first] as number
      first = (first + 1) % count
      size--
      listed[direction] = 0
      return direction
    },
  }
}
