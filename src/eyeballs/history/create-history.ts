import type { Clock } from '../../core/clock.ts'
import type { ReadIp } from '../../core/ip.ts'
import type { Mutable } from '../../core/mutable.ts'
import type { Candidate, RaceTrace } from '../race/types.ts'
import { evidenceOf } from './evidence.ts'
import type { DemotedPrefix, Known } from './memory.ts'
import { createMemory } from './memory.ts'
import type { DelayBounds } from './round-trip.ts'
import { attemptDelay } from './round-trip.ts'
import { createRaceProbe, isFresh } from './demotion.ts'

export type IsApart = (candidate: Candidate) => boolean

/** The history as one race sees it. */
export type RaceMemory = {
  /**
   * Adds what is known to candidates: `rttMs`, `attemptDelayMs`, `demoted`.
   *
   * @param isApart whether a candidate will be attempted by another path, of which nothing is known
   */
  readonly annotate: (candidates: readonly Candidate[], isApart?: IsApart) => readonly Candidate[]
  /**
   * Learns from a finished race. Call it once, at the end, whatever the outcome.
   *
   * @param apart the ids of attempts by another path
   */
  readonly learn: (trace: RaceTrace, apart?: ReadonlySet<number>) => void
}

/** What earlier races showed about addresses and networks. It is bounded, and kept in memory only. */
export type History = {
  /**
   * Call it once for each race, at its start.
   *
   * @param readIp reads addresses; `parseIp` by default
   */
  readonly begin: (readIp?: ReadIp) => RaceMemory
  /** What is demoted now, the newest evidence first. @param limit maximum number */
  readonly demoted: (limit: number) => readonly DemotedPrefix[]
}

/**
 * The head start in milliseconds of a demoted candidate that is probed: the most time that the probe
 * can cost a race.
 */
export const PROBE_DELAY_MS = 20

/**
 * One race in this many ignores round-trip times, so that no order becomes permanent
 * (draft-ietf-happy-happyeyeballs-v3 section 5.3).
 */
const CONVERGENCE_RACES = 32

/**
 * A mutable copy of a candidate. It copies field by field: V8 in Node 20 gives each object that was spread
 * and then extended its own hidden class, which slows all code that reads it.
 */
export const copyCandidate = (candidate: Candidate): Mutable<Candidate> => {
  const { address, family, port, embedded, source, rttMs, attemptDelayMs, demoted } = candidate
  const { sourceDeprecated, sourcePrefixLength } = candidate
  const copy: Mutable<Candidate> = { address, family, port }
  if (embedded !== undefined) copy.embedded = embedded
  if (source !== undefined) copy.source = source
  if (sourceDeprecated !== undefined) copy.sourceDeprecated = sourceDeprecated
  if (sourcePrefixLength !== undefined) copy.sourcePrefixLength = sourcePrefixLength
  if (rttMs !== undefined) copy.rttMs = rttMs
  if (attemptDelayMs !== undefined) copy.attemptDelayMs = attemptDelayMs
  if (demoted !== undefined) copy.demoted = demoted
  return copy
}

/**
 * Stores results of races: the round-trip times of addresses (RFC 8305 sections 4 and 5), and which
 * addresses and networks (/48, /24) do not answer. Such an address is demoted, and a small share of the
 * races probes it (`Demotion`; docs/racing.md, R47 and R48). A change of this host's addresses clears
 * the history (RFC 8305 section 4). History never demotes a whole family.
 *
 * @param epoch identifies the network: a changed number clears the history
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

  const begin = (readIp?: ReadIp): RaceMemory => {
    const bornIn = epoch()
    if (bornIn !== learntIn) memory.clear()
    learntIn = bornIn
    const useRoundTrips = ++races % CONVERGENCE_RACES !== 0
    const probe = createRaceProbe()

    const annotateOne = (
      candidate: Candidate,
      { roundTrip, own, network }: Known,
      now: number,
      isApart: IsApart | undefined,
    ): Candidate => {
      if (!roundTrip && !own && !network) return candidate
      if (isApart?.(candidate)) return candidate
      const treatment = probe.treatment(own, network, now)
      if (!roundTrip && !treatment) return candidate
      const annotated = copyCandidate(candidate)
      if (roundTrip && useRoundTrips) annotated.rttMs = roundTrip.smoothedMs
      if (roundTrip) annotated.attemptDelayMs = attemptDelay(roundTrip, bounds)
      if (treatment === 'probe') annotated.attemptDelayMs = PROBE_DELAY_MS
      if (treatment === 'demoted') {
        // The candidate is dialled only if nothing better is known, so the next attempt waits for it as
        // briefly as possible.
        annotated.attemptDelayMs = bounds.minimumDelayMs
        annotated.demoted = true
      }
      return annotated
    }

    return {
      annotate: (candidates, isApart) => {
        if (epoch() !== bornIn) return candidates
        const now = clock.now()
        const turns = candidates.map((candidate, i) => {
          const known = memory.recall(candidate, now, readIp)
          return { candidate, known, i }
        })
        // When a network is probed, an address without a demotion of its own goes first.
        const isDemoted = ({ known }: { known: Known }): boolean => isFresh(known.own, now)
        if (turns.some(isDemoted)) turns.sort((a, b) => Number(isDemoted(a)) - Number(isDemoted(b)))
        const annotated = [...candidates]
        for (const { candidate, known, i } of turns)
          annotated[i] = annotateOne(candidate, known, now, isApart)
        return annotated
      },
      learn: (trace, apart) => {
        probe.release()
        if (epoch() !== bornIn) return
        const now = clock.now()
        const patience = (address: string): number => {
          const { roundTrip } = memory.recall({ address }, now, readIp)
          if (roundTrip) return attemptDelay(roundTrip, bounds)
          const { connectionAttemptDelayMs } = trace.config.timing
          return Math.max(connectionAttemptDelayMs ?? Infinity, bounds.minimumDelayMs)
        }
        for (const evidence of evidenceOf(trace, patience, apart))
          memory.learn(evidence, now, readIp)
      },
    }
  }

  return {
    begin,
    // What was learnt in another network is cleared by the next race.
    demoted: limit => (epoch() === learntIn ? memory.demoted(clock.now(), limit) : []),
  }
}
