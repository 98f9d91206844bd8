import { keyOf } from './snapshot.ts'

/** Counters for each pair of values of two labels. */
export type Grid<A extends string, B extends string> = {
  /** In place; the caller adds to them. */
  readonly counts: Readonly<Record<A, Record<B, number>>>
  readonly values: () => Map<string, number>
}

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map(key => [key, 0])) as Record<K, number>

/** Creates them at 0: Prometheus does not see the first count of a series that begins with it. */
export const createGrid = <A extends string, B extends string>(
  first: readonly A[],
  second: readonly B[],
): Grid<A, B> => {
  const counts = Object.fromEntries(first.map(a => [a, zeros(second)])) as Record<
    A,
    Record<B, number>
  >
  return {
    counts,
    values: () =>
      new Map(first.flatMap(a => second.map(b => [keyOf(a, b), counts[a][b]] as const))),
  }
}
