/** How many connections may have been counted before the run began: short ids, and two runs seldom begin alike. */
const START_MAX = 36 ** 4

/**
 * Makes ids of connections: `c` and a counter in base 36, unique within one run. The start is random,
 * so that lines of two runs are not taken for one connection's.
 *
 * @param random a number from 0 (included) to 1 (excluded)
 * @param suffix what stands behind the counter: one of its own for each process that counts by itself
 */
export const createConnectionIds = (random: () => number, suffix = ''): (() => string) => {
  let next = Math.floor(random() * START_MAX)
  return () => `c${(next++).toString(36)}${suffix}`
}
