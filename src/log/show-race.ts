import { formatHostPort } from '../core/host-port.ts'
import { raceFailure } from '../eyeballs/race/failure.ts'
import { raceReport, raceTarget } from '../eyeballs/race/report.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import { printable } from './printable.ts'
import { timeline } from './timeline.ts'

/** The width of the timeline without a terminal. */
const DEFAULT_WIDTH_CHARACTERS = 80

/** The output on which a race is shown. */
export type Screen = {
  readonly isTTY: boolean
  /** The terminal's width; undefined if the output is not a terminal. */
  readonly columns: number | undefined
}

/** One race as one line of JSON, in the format of the log's `race` line. */
export const raceJson = (trace: RaceTrace): string => JSON.stringify(raceReport(trace))

/** One race for people: its timeline, and one line with its result. Colours only on a terminal. */
export const raceText = (trace: RaceTrace, { isTTY, columns }: Screen): string => {
  const summary = summarise(trace)
  const chart = timeline(summary, {
    target: raceTarget(trace),
    width: columns ?? DEFAULT_WIDTH_CHARACTERS,
    color: isTTY,
  })
  const after = `after ${Math.round(summary.durationMs)} ms`
  if (summary.winner) {
    const { address, port } = summary.winner
    return `${chart}\nwon by ${formatHostPort({ host: address, port })} ${after}`
  }
  return `${chart}\nfailed ${after}: ${printable(raceFailure(summary).message)}`
}
