/** An item of the ring. */
export type Numbered<T> = {
  /** Counts the items of this ring: higher is newer. */
  readonly id: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly item: T
}

/** The last items of a sequence, with their numbers. */
export type RaceRing<T> = {
  /** Adds an item, in place of the oldest if the ring is full. Does nothing while the maximum is 0. */
  readonly add: (time: number, item: T) => void
  /** Changes the maximum; the newest items stay. */
  readonly resize: (max: number) => void
  /** The items, oldest first, whose number is higher than `id`; at most `limit`, the oldest of them. */
  readonly after: (id: number, limit: number) => readonly Numbered<T>[]
  /** The item with this number; undefined if the ring does not have it. */
  readonly get: (id: number) => Numbered<T> | undefined
  /** The number of the newest item that was ever added; 0: none. */
  readonly lastId: () => number
  /** The number of the oldest item in the ring; above `lastId` if there is none. */
  readonly firstId: () => number
  readonly max: () => number
  /** Calls `run` after each item; returns a function that ends it. */
  readonly watch: (run: () => void) => () => void
}

/** @param max the number of items, 0 or more; 0 by default */
export const createRaceRing = <T>(max = 0): RaceRing<T> => {
  let places: (Numbered<T> | undefined)[] = []
  let size = max
  let lastId = 0
  let firstId = 1
  const watchers = new Set<() => void>()

  const get = (id: number): Numbered<T> | undefined =>
    id < firstId || id > lastId ? undefined : places[id % size]

  return {
    add: (time, item) => {
      if (size === 0) return
      lastId++
      if (lastId - firstId >= size) firstId = lastId - size + 1
      places[lastId % size] = { id: lastId, time, item }
      for (const run of watchers) run()
    },
    resize: next => {
      if (next === size) return
      const kept: (Numbered<T> | undefined)[] = []
      const first = Math.max(firstId, lastId - next + 1)
      for (let id = first; id <= lastId; id++) kept[id % next] = get(id)
      places = kept
      size = next
      firstId = first
    },
    after: (id, limit) => {
      const from = Math.max(id + 1, firstId)
      const found: Numbered<T>[] = []
      for (let at = from; at <= lastId && found.length < limit; at++) {
        const numbered = get(at)
        if (numbered) found.push(numbered)
      }
      return found
    },
    get,
    lastId: () => lastId,
    firstId: () => firstId,
    max: () => size,
    watch: run => {
      watchers.add(run)
      return () => void watchers.delete(run)
    },
  }
}
