/** Upper bound of the random start of the counter: ids stay short, and two runs rarely start alike. */
const START_MAX = 36 ** 4

/**
 * Creates a generator of connection ids: `c` and a counter in base 36, unique within one run. The counter
 * starts at a random number, so that log lines of two runs are not mistaken for one connection.
 *
 * @param random returns a number from 0 (included) to 1 (excluded)
 * @param suffix follows the counter; each process with its own counter needs its own suffix
 */
export const createConnectionIds = (random: () => number, suffix = ''): (() => string) => {
  let next = Math.floor(random() * START_MAX)
  return () => `c${(next++).toString(36)}${suffix}`
}
