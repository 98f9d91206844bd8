import type { Ring } from './relay-memory.ts'

/** What `takeRing` returns if the ring is empty. */
export const RING_EMPTY = -1

// The casts below are safe: a typed array has no holes, so each index within its length holds a number.

/**
 * Appends a number (single producer).
 *
 * @param value 0 or more
 */
export const putRing = ({ entries, ends }: Ring, value: number): void => {
  const put = ends[0] as number
  entries[put % entries.length] = value
  // This store publishes the entry: the consumer reads this index first.
  Atomics.store(ends, 0, (put + 1) % (2 * entries.length))
}

/**
 * Pops the oldest entry (single consumer).
 *
 * @returns `RING_EMPTY` (-1) if there is none
 */
export const takeRing = ({ entries, ends }: Ring): number => {
  const taken = ends[1] as number
  if (Atomics.load(ends, 0) === taken) return RING_EMPTY
  const value = entries[taken % entries.length] as number
  Atomics.store(ends, 1, (taken + 1) % (2 * entries.length))
  return value
}

/**
 * Whether the ring has an entry. Both threads may call it; for the producer the answer may be out of date
 * at once.
 */
export const hasRing = ({ ends }: Ring): boolean => Atomics.load(ends, 0) !== Atomics.load(ends, 1)
