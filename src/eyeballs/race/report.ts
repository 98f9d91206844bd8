import { formatHostPort } from '../../core/host-port.ts'
import { raceFailure } from './failure.ts'
import type { RaceRecord } from './record.ts'
import { raceRecord } from './record.ts'
import { summarise } from './summary.ts'
import type { RaceTrace } from './trace.ts'

/** A race as `eyeballd race --json` prints it: what the log's `race` line says of the race itself. */
export type RaceReport = {
  /** `host:port`, several joined by commas. */
  readonly target: string
  readonly outcome: 'won' | 'failed' | 'aborted'
  /** Only where it failed; `message` is a sentence for people. */
  readonly error?: { readonly code: string; readonly message: string }
} & RaceRecord

/** The target of a race, as its trace has it. */
export const raceTarget = ({ config: { addresses = [], queries } }: RaceTrace): string => {
  const given = addresses.map(({ address, port }) => ({ host: address, port }))
  return [...new Set([...given, ...queries].map(formatHostPort))].join(',')
}

/**
 * The report of a race that is over.
 *
 * @param target what was asked for, where that is not what the trace says
 */
export const raceReport = (trace: RaceTrace, target = raceTarget(trace)): RaceReport => {
  const summary = summarise(trace)
  const record = raceRecord(summary)
  if (summary.winner) return { target, outcome: 'won', ...record }
  if (summary.lost === 'aborted') return { target, outcome: 'aborted', ...record }
  const { code, message } = raceFailure(summary)
  return { target, outcome: 'failed', error: { code, message }, ...record }
}
