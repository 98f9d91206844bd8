import type { RaceCommand, RaceConfig, RaceEvent } from './types.ts'

/** One step of a race: an event that came in or a command that went out, at a time in milliseconds of the race's clock. */
export type TraceEntry =
  | { readonly at: number; readonly event: RaceEvent }
  | { readonly at: number; readonly command: RaceCommand }

/**
 * All of a race, as plain JSON: the log line, the metrics and the timeline are renderings of it, and
 * its events given again at the same times make the machine issue the same commands.
 */
export type RaceTrace = {
  readonly v: 1
  readonly config: RaceConfig
  readonly entries: readonly TraceEntry[]
}
