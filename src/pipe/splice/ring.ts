import type { Ring } from './relay-memory.ts'

/** What `takeRing` returns where nothing is in the ring. */
export const RING_EMPTY = -1

// Typed arrays have no holes: what is read within their length is a number.

/** Puts a number in, behind all others. For the ring's one writer. @param value 0 or more */
export const putRing = ({ entries, ends }: Ring, value: number): void => {
  const put = ends[0] as number
  entries[put % entries.length] = value
  // This store makes the entry visible to the reader, which looks here first.
  Atomics.store(ends, 0, (put + 1) % (2 * entries.length))
}

/** Takes out the number that is longest in. For the ring's one reader. @returns `RING_EMPTY` (-1) where there is none */
export const takeRing = ({ entries, ends }: Ring): number => {
  const taken = ends[1] as number
  if (Atomics.load(ends, 0) === taken) return RING_EMPTY
  const value = entries[taken % entries.length] as number
  Atomics.store(ends, 1, (taken + 1) % (2 * entries.length))
  return value
}

/** Whether there is something to take. For both sides; right for the reader, and soon out of date for the writer. */
export const hasRing = ({ ends }: Ring): boolean => Atomics.load(ends, 0) !== Atomics.load(ends, 1)
