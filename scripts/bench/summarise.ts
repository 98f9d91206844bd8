import { MEASURES } from './measures.ts'
import type { Measure } from './measures.ts'
import type { Results, Sample } from './types.ts'

/** One contender in one row. */
export type Cell = {
  /** The median of the rounds; undefined where all failed. */
  readonly median: number | undefined
  /** All rounds that have a value, in order of time. */
  readonly rounds: readonly number[]
  /** Rounds that have none. */
  readonly failed: number
}

export type Row = {
  readonly measure: Measure
  /** By the contender's name; a contender that cannot do it has none. */
  readonly cells: ReadonlyMap<string, Cell>
}

const GIB = 2 ** 30

export const median = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined || sorted.length % 2 === 1) return upper
  return ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** CPU seconds for a GiB, of all the bulk that a contender carried in a round. */
const cpuPerGib = (samples: readonly Sample[]): number | undefined => {
  const sum = (name: string): number =>
    samples.reduce((total, { values }) => total + (values[name] ?? 0), 0)
  const bytes = sum('bytes')
  const cpuMs = sum('cpuMs')
  return bytes === 0 || cpuMs === 0 ? undefined : cpuMs / 1000 / (bytes / GIB)
}

/** The step whose failure is a failure of a measure. */
const stepOf = (name: string): string => {
  if (name === 'cpu') return 'down1'
  if (['quiet99', 'busy99', 'busyTimes'].includes(name)) return 'interactive'
  if (['base', 'idle', 'held', 'besideIdle', 'besideShare'].includes(name)) return 'idle'
  return name.replace(/(?<=^ping|^socks|^forward)(?:\d+|Cpu)$|(?<=^start)(?:Ms|Cpu)$/, '')
}

const valueOf = (name: string, samples: readonly Sample[]): number | undefined => {
  if (name === 'cpu') return cpuPerGib(samples)
  return samples.find(({ values }) => values[name] !== undefined)?.values[name]
}

const cellOf = (name: string, samples: readonly Sample[]): Cell | undefined => {
  const step = stepOf(name)
  const rounds = [...new Set(samples.map(({ round }) => round))]
  let failed = 0
  const values = rounds.flatMap(round => {
    const ofRound = samples.filter(sample => sample.round === round)
    const value = valueOf(name, ofRound)
    if (value !== undefined) return [value]
    if (ofRound.some(sample => sample.step === step && sample.failure !== undefined)) failed++
    return []
  })
  if (values.length + failed === 0) return undefined
  return { median: median(values), rounds: values, failed }
}

/** The rows of the table: the median of all rounds of each contender in each measure. */
export const summarise = ({ contenders, samples }: Results): Row[] =>
  MEASURES.map(measure => {
    const cells = contenders.flatMap(({ name }): [string, Cell][] => {
      const own = samples.filter(({ contender }) => contender === name)
      const cell = cellOf(measure.name, own)
      return cell === undefined ? [] : [[name, cell]]
    })
    return { measure, cells: new Map(cells) }
  }).filter(({ cells }) => cells.size > 0)
