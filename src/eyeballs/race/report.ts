import { formatHostPort } from '../../core/host-port.ts'
import { raceFailure } from './failure.ts'
import type { RaceRecord } from './record.ts'
import { raceRecord } from './record.ts'
import { summarise } from './summary.ts'
import type { RaceTrace } from './trace.ts'

/** A race in the format of `eyeballd race --json`: the fields of the log's `race` line about the race itself. */
export type RaceReport = {
  /** `host:port`, several separated by commas. */
  readonly target: string
  readonly outcome: 'won' | 'failed' | 'aborted'
  /** Present only if the race failed; `message` is a text for people. */
  readonly error?: { readonly code: string; readonly message: string }
} & RaceRecord

/** The target of a race, from its trace. */
export const raceTarget = ({ config: { addresses = [], queries } }: RaceTrace): string => {
  const given = addresses.map(({ address, port }) => ({ host: address, port }))
  return [...new Set([...given, ...queries].map(formatHostPort))].join(',')
}

/**
 * The report of a finished race.
 *
 * @param target the requested target, if it differs from the trace's
 */
export const raceReport = (trace: RaceTrace, target = raceTarget(trace)): RaceReport => {
  const summary = summarise(trace)
  const record = raceRecord(summary)
  if (summary.winner) return { target, outcome: 'won', ...record }
  if (summary.lost === 'aborted') return { target, outcome: 'aborted', ...record }
  const { code, message } = raceFailure(summary)
  return { target, outcome: 'failed', error: { code, message }, ...record }
}
