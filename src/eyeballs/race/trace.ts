import type { RaceCommand, RaceConfig, RaceEvent } from './types.ts'

/**
 * One step of a race: an event that came in or a command that went out, at a time in milliseconds of
 * the race's clock. `more`: the event after this one is of the same moment, and both were applied
 * before the race went on.
 */
export type TraceEntry =
  | { readonly at: number; readonly event: RaceEvent; readonly more?: true }
  | { readonly at: number; readonly command: RaceCommand }

/**
 * All of a race, as plain JSON: the log line, the metrics and the timeline are renderings of it, and
 * its events given again, moment by moment, make the machine issue the same commands.
 */
export type RaceTrace = {
  readonly v: 1
  readonly config: RaceConfig
  readonly entries: readonly TraceEntry[]
}

/** The events of one moment, in their order; one or more. */
export type Moment = { readonly at: number; readonly events: readonly RaceEvent[] }

/** The events of a trace as the machine was given them. */
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
