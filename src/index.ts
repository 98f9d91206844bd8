/**
 * The race of RFC 8305 as a library: a state machine without input or output, and what its trace tells.
 */
export { createRaceMachine } from './eyeballs/race/machine.ts'
export type { RaceMachine } from './eyeballs/race/machine.ts'
export { summarise } from './eyeballs/race/summary.ts'
export type {
  AttemptOutcome,
  AttemptSummary,
  LookupSummary,
  RaceSummary,
} from './eyeballs/race/summary.ts'
export type { RaceTrace, TraceEntry } from './eyeballs/race/trace.ts'
export type {
  CancelReason,
  Candidate,
  LostReason,
  Query,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTiming,
} from './eyeballs/race/types.ts'
