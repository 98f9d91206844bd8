import { hiddenCause } from '../eyeballs/race/hidden-cause.ts'
import type { ListenerEvent } from '../listener/events.ts'
import { createGrid } from './grid.ts'
import { createHistogram } from './histogram.ts'
import { ATTEMPT_OUTCOMES, FAMILIES, HIDDEN_CODES, RACE_OUTCOMES } from './metrics.ts'
import type { Snapshot } from './snapshot.ts'

/** Counts races and their attempts. */
export type RaceCounts = {
  readonly count: (race: Extract<ListenerEvent, { readonly type: 'race' }>) => void
  readonly read: () => Snapshot
}

type HiddenCode = (typeof HIDDEN_CODES)[number]

const HIDDEN: ReadonlySet<string> = new Set(HIDDEN_CODES)

const isHiddenCode = (code: string): code is HiddenCode => HIDDEN.has(code)

export const createRaceCounts = (): RaceCounts => {
  const races = createGrid(RACE_OUTCOMES, [...FAMILIES, 'none'])
  const attempts = createGrid(FAMILIES, ATTEMPT_OUTCOMES)
  const hidden = createGrid(FAMILIES, HIDDEN_CODES)
  const durations = createHistogram()
  return {
    count: race => {
      const { outcome, summary } = race
      races.counts[outcome][summary.winner?.family ?? 'none']++
      if (outcome !== 'aborted') durations.observe(summary.durationMs)
      for (const attempt of summary.attempts)
        if (attempt.outcome !== null) attempts.counts[attempt.family][attempt.outcome]++
      if (!summary.hidden) return
      const { family, code } = hiddenCause(race) ?? {
        family: summary.winner?.family ?? 4,
        code: '',
      }
      hidden.counts[family][isHiddenCode(code) ? code : 'other']++
    },
    read: () => {
      const duration = new Map<string, number>()
      durations.write((bound, value) => duration.set(bound, value))
      return {
        eyeballd_races_total: races.values(),
        eyeballd_race_duration_seconds: duration,
        eyeballd_attempts_total: attempts.values(),
        eyeballd_hidden_failures_total: hidden.values(),
      }
    },
  }
}
