import { parseArgs } from 'node:util'

export type SoakOptions = {
  readonly minutes: number
  readonly seed: number
  readonly processes: number
  /** Clients that begin in a second. */
  readonly rate: number
  readonly bin: string
  /** A file for all that was measured. */
  readonly json?: string
}

export const USAGE = `Usage: npm run soak -- [MINUTES] [OPTION...]

Runs a built daemon under a mixed load of all protocols, with faults all the time, in network namespaces of its own, and
prints a table. It ends with status 1 if a check is violated (docs/benchmarks.md, Soak). It needs Linux and root.

  MINUTES           0.5 to 10000, by default 30
  --processes N     worker processes of the daemon, 1 to 16, by default 1: with 2 or more they are killed
  --rate N          clients a second, 1 to 1000, by default 40
  --seed N          another mixture of the same, 0 to 1000000000, by default 1
  --json FILE       also writes all that was measured
  --bin FILE        another build, by default dist/bin.js
  -h, --help        prints this
`

const numberOf = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new RangeError(`${name}: ${JSON.stringify(text)} is not a number from ${least} to ${most}`)
}

/**
 * Reads the words behind `npm run soak --`.
 *
 * @returns null: the usage is asked for
 * @throws with what is wrong
 */
export const readOptions = (words: readonly string[]): SoakOptions | null => {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      processes: { type: 'string', default: '1' },
      rate: { type: 'string', default: '40' },
      bin: { type: 'string', default: 'dist/bin.js' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return null
  const [minutes = '30', ...more] = positionals
  if (more.length > 0)
    throw new RangeError(
      `unexpected ${JSON.stringify(more[0])} behind the minutes; expected an option or nothing`,
    )
  const { seed, processes, rate, bin, json } = values
  return {
    minutes: numberOf('minutes', minutes, 0.5, 10_000),
    seed: numberOf('--seed', seed, 0, 1e9),
    processes: numberOf('--processes', processes, 1, 16),
    rate: numberOf('--rate', rate, 1, 1000),
    bin,
    ...(json !== undefined && { json }),
  }
}
