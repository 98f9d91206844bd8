import type { RaceCommand, RaceConfig, RaceEvent } from './types.ts'

/**
 * One step of a race: an event or a command, at a time in milliseconds of the race's clock. `more`: the
 * next event belongs to the same moment, and the machine handled both together.
 */
export type TraceEntry =
  | { readonly at: number; readonly event: RaceEvent; readonly more?: true }
  | { readonly at: number; readonly command: RaceCommand }

/**
 * The complete race as plain JSON: the log line, the metrics and the timeline are made from it. Replaying
 * its events, moment by moment, makes the machine issue the same commands.
 */
export type RaceTrace = {
  readonly v: 1
  readonly config: RaceConfig
  readonly entries: readonly TraceEntry[]
}

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
