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

const numberOf = (name: string, text: string, least: number, most: number): number => {
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new RangeError(`${name}: ${JSON.stringify(text)} is not a number from ${least} to ${most}`)
}

/** Reads the words behind `npm run soak --`; throws with what is wrong. */
export const readOptions = (words: readonly string[]): SoakOptions => {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      processes: { type: 'string', default: '1' },
      rate: { type: 'string', default: '40' },
      bin: { type: 'string', default: 'dist/bin.js' },
      json: { type: 'string' },
    },
  })
  const [minutes = '30', ...more] = positionals
  if (more.length > 0) throw new RangeError(`unexpected ${JSON.stringify(more[0])}`)
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
