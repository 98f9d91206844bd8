import type { RaceSummary } from '../eyeballs/race/summary.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import { checkObject } from './check-argument.ts'
import { invalidArgument } from './invalid-argument.ts'

/**
 * Summarises a complete or partial trace: the result of each lookup and attempt.
 *
 * @throws ERR_INVALID_ARG if it is not a trace
 */
export const summariseTrace = (trace: RaceTrace): RaceSummary => {
  const { entries, config }: { readonly entries?: unknown; readonly config?: unknown } =
    checkObject(trace, 'trace', 'what a machine or onTrace told')
  if (!Array.isArray(entries)) throw invalidArgument('trace.entries', entries, 'a list of entries')
  checkObject(config, 'trace.config')
  return summarise(trace)
}
