/** A queue (FIFO) of directions that have more to do; it holds each direction at most once. */
export type ReadyList = {
  readonly size: () => number
  /** Appends a direction, unless it is in the queue already. */
  readonly add: (direction: number) => void
  /** Removes the first direction. Call it only if `size` is above 0. */
  readonly next: () => number
}

/** @param count number of directions; they are numbered from 0 */
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
