import { isDeepStrictEqual } from 'node:util'
import { fail } from '../core/fail.ts'
import { createRaceMachine } from '../eyeballs/race/machine.ts'
import type { RaceEvent, RaceTrace } from '../eyeballs/race/types.ts'

export type { RaceTrace }

const hasQueries = (config: unknown): boolean =>
  typeof config === 'object' &&
  config !== null &&
  'queries' in config &&
  Array.isArray(config.queries)

/**
 * Parses traces in the format that `--trace` writes: one JSON object per line.
 *
 * @throws ERR_CONFIG if a line is not a trace
 */
export const parseTraces = (text: string, file: string): readonly RaceTrace[] =>
  text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map((line, i) => {
      try {
        const trace = JSON.parse(line) as Readonly<Record<keyof RaceTrace, unknown>>
        if (trace.v === 1 && Array.isArray(trace.entries) && hasQueries(trace.config)) {
          return trace as RaceTrace
        }
      } catch {
        // Invalid JSON gets the same error as JSON that is not a trace.
      }
      throw fail('ERR_CONFIG', `${file}:${i + 1}: is not a trace of a race, as --trace writes them`)
    })

/** The events of one moment in order; one or more. */
export type Moment = { readonly at: number; readonly events: readonly RaceEvent[] }

/** The events of a trace, grouped as the machine got them. */
export const momentsOf = ({ entries }: Pick<RaceTrace, 'entries'>): readonly Moment[] => {
  const moments: { readonly at: number; readonly events: RaceEvent[] }[] = []
  let isGoing = false
  for (const entry of entries) {
    if (!('event' in entry)) continue
    const { at, event, more } = entry
    if (isGoing) moments.at(-1)?.events.push(event)
    else moments.push({ at, events: [event] })
    isGoing = more === true
  }
  return moments
}

/**
 * Runs the race machine again with the events of a trace, at their times.
 *
 * @returns the new trace, and whether every decision is the same as in the old one
 * @throws ERR_CONFIG if the events do not form a race
 */
export const replayRace = (
  trace: RaceTrace,
  file: string,
): { readonly trace: RaceTrace; readonly same: boolean } => {
  try {
    const machine = createRaceMachine(trace.config)
    for (const { at, events } of momentsOf(trace)) machine.handle(events, at)
    const again = machine.trace()
    return { trace: again, same: isDeepStrictEqual(JSON.parse(JSON.stringify(again)), trace) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw fail('ERR_CONFIG', `${file}: its events make no race: ${why}`, {}, error)
  }
}
