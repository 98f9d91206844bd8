import type { Clock } from '../core/clock.ts'
import { copyCandidate } from './copy-candidate.ts'
import { lessonsOf } from './history/lessons.ts'
import type { Known } from './history/memory.ts'
import { createMemory } from './history/memory.ts'
import { createProbation } from './history/probation.ts'
import type { DelayBounds } from './history/round-trip.ts'
import { attemptDelay } from './history/round-trip.ts'
import { isFresh } from './history/suspicion.ts'
import type { RaceTrace } from './race/trace.ts'
import type { Candidate } from './race/types.ts'

/** What one race is told of earlier ones, and what it teaches later ones. */
export type RaceMemory = {
  /** Adds to candidates what is known of them: `rttMs`, `attemptDelayMs`, `demoted`. */
  readonly annotate: (candidates: readonly Candidate[]) => readonly Candidate[]
  /** Takes in what became of the race; to be called once, at its end, however it ended. */
  readonly learn: (trace: RaceTrace) => void
}

/** What earlier races taught of addresses and of their networks. It lives in memory, and is bounded. */
export type History = {
  /** To be called once for each race, at its begin. */
  readonly begin: () => RaceMemory
}

/** The head start of what is tried again, and so what a race that tries it may cost; in milliseconds. */
export const TRIAL_DELAY_MS = 20

/** One race in so many goes without round-trip times, so that no order settles for good (draft-ietf-happy-happyeyeballs-v3 section 5.3). */
const CONVERGENCE_RACES = 32

/**
 * Remembers what races found: the round-trip times of addresses (RFC 8305 sections 4 and 5), and which
 * addresses and networks (/48, /24) do not answer. A suspected address stands behind the others, and a
 * small share of the races tries it again (`Suspicion`; docs/racing.md, R47 and R48). A change of this
 * host's addresses voids all of it (RFC 8305 section 4). There is no verdict on a family.
 *
 * @param epoch the network's: another number than before means that what was learnt is void
 */
export const createHistory = ({
  clock,
  epoch,
  ...bounds
}: DelayBounds & {
  readonly clock: Pick<Clock, 'now'>
  readonly epoch: () => number
}): History => {
  const memory = createMemory()
  let learntIn = epoch()
  let races = 0

  const begin = (): RaceMemory => {
    const bornIn = epoch()
    if (bornIn !== learntIn) memory.clear()
    learntIn = bornIn
    const useRoundTrips = ++races % CONVERGENCE_RACES !== 0
    const probation = createProbation()

    const annotateOne = (candidate: Candidate, known: Known, now: number): Candidate => {
      const { roundTrip, own, around } = known
      const sentence = probation.sentence(own, around, now)
      if (!roundTrip && !sentence) return candidate
      const annotated = copyCandidate(candidate)
      if (roundTrip && useRoundTrips) annotated.rttMs = roundTrip.smoothedMs
      if (roundTrip) annotated.attemptDelayMs = attemptDelay(roundTrip, bounds)
      if (sentence === 'trial') annotated.attemptDelayMs = TRIAL_DELAY_MS
      if (sentence === 'demoted') {
        // It is dialled where nothing better is known; what is still to come shall not wait for it.
        annotated.attemptDelayMs = bounds.minimumDelayMs
        annotated.demoted = true
      }
      return annotated
    }

    return {
      annotate: candidates => {
        if (epoch() !== bornIn) return candidates
        const now = clock.now()
        const turns = candidates.map((candidate, i) => {
          const known = memory.recall(candidate, now)
          return { candidate, known, i }
        })
        // Of a network that is to be tried, an address with nothing against itself goes first.
        const isSuspect = ({ known }: { known: Known }): boolean => isFresh(known.own, now)
        if (turns.some(isSuspect)) turns.sort((a, b) => Number(isSuspect(a)) - Number(isSuspect(b)))
        const annotated = [...candidates]
        for (const { candidate, known, i } of turns)
          annotated[i] = annotateOne(candidate, known, now)
        return annotated
      },
      learn: trace => {
        probation.release()
        if (epoch() !== bornIn) return
        const now = clock.now()
        const patience = (address: string): number => {
          const { roundTrip } = memory.recall({ address }, now)
          if (roundTrip) return attemptDelay(roundTrip, bounds)
          const { connectionAttemptDelayMs } = trace.config.timing
          return Math.max(connectionAttemptDelayMs ?? Infinity, bounds.minimumDelayMs)
        }
        for (const lesson of lessonsOf(trace, patience)) memory.learn(lesson, now)
      },
    }
  }

  return { begin }
}
