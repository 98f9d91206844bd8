import { interleave } from '../order/interleave.ts'
import { sortDestinations } from '../order/sort-destinations.ts'
import type { Attempt, LookupState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/** What makes two candidates the same attempt. */
export const endpointKey = (candidate: Candidate): string =>
  `${candidate.address} ${candidate.port}`

const merge = (lookups: readonly LookupState[]): readonly Candidate[] => {
  const known = lookups.flatMap(({ candidates }) => candidates)
  return [...new Map(known.map(candidate => [endpointKey(candidate), candidate])).values()]
}

/**
 * All addresses known so far, in the order in which they are to be tried: sorted by RFC 6724 (rule
 * S1), then interleaved (rules S6 and S7). It is made anew of the complete list whenever an answer
 * comes in, so that a late answer finds its place among those already tried (rule H9).
 */
export const planCandidates = (
  lookups: readonly LookupState[],
  config: RaceConfig,
): readonly Candidate[] => {
  const known = merge(lookups)
  if (known.length < 2) return known
  const sorted = config.order === 'given' ? known : sortDestinations(known, config.policyTable)
  const ordered =
    config.order === 'preferred'
      ? [
          ...sorted.filter(({ family }) => family === config.preferredFamily),
          ...sorted.filter(({ family }) => family !== config.preferredFamily),
        ]
      : sorted
  return interleave(ordered, config.firstAddressFamilyCount)
}

/** The first candidate of the plan that no attempt was started for. */
export const nextCandidate = (
  plan: readonly Candidate[],
  attempts: readonly Attempt[],
): Candidate | undefined => {
  const tried = new Set(attempts.map(({ candidate }) => endpointKey(candidate)))
  return plan.find(candidate => !tried.has(endpointKey(candidate)))
}

/**
 * Whether a win by this attempt hides an outage: RFC 6724 alone would have had another address first,
 * of those that may be dialled at all. A winner that a later answer no longer holds hides nothing.
 */
export const isHidden = (
  winner: Attempt,
  plan: readonly Candidate[],
  attempts: readonly Attempt[],
): boolean => {
  const denied = new Set(
    attempts
      .filter(({ status }) => status === 'denied')
      .map(({ candidate }) => endpointKey(candidate)),
  )
  const allowed = plan.map(endpointKey).filter(key => !denied.has(key))
  return allowed.indexOf(endpointKey(winner.candidate)) > 0
}
