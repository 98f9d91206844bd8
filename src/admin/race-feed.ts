import type { KeptRace } from './kept-race.ts'
import type { RaceRing } from './race-ring.ts'

/** The finished races that the endpoint has. */
export type RaceFeed = {
  readonly ring: RaceRing<KeptRace>
  /** Gets what other processes have; it never rejects. */
  readonly refresh: () => Promise<void>
  /** Calls `run` when races have been added, until the returned function is called. */
  readonly watch: (run: () => void) => () => void
}
