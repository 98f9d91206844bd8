import { isSameEndpoint } from './candidates.ts'
import type { Attempt, LookupState, TryingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/** The name that brought an address (`LookupState.name`); null if the address was given by hand. */
export const nameOf = (candidate: Candidate, lookups: readonly LookupState[]): number | null => {
  const brings = ({ candidates }: LookupState): boolean =>
    candidates.some(each => isSameEndpoint(each, candidate))
  return lookups.find(brings)?.name ?? null
}

/**
 * Whether the limit of attempts per name (`maxAttemptsPerName`) allows another attempt. Until the name's
 * last answer has arrived, half of the attempts are reserved for it; otherwise a fast answer with
 * unreachable addresses would leave none for the other family, or for a refreshed answer.
 */
const hasAttemptsLeft = (
  name: number,
  { attempts, lookups }: Pick<TryingState, 'attempts' | 'lookups'>,
  limit: number,
): boolean => {
  const made = attempts.filter(each => each.name === name && each.status !== 'denied').length
  const isAwaited = lookups.some(
    each => each.name === name && (each.refreshing || each.status === 'pending'),
  )
  return made < (isAwaited ? Math.floor(limit / 2) : limit)
}

/** The first untried candidate of the plan that the limit of its name allows. */
export const nextCandidate = (
  state: Pick<TryingState, 'plan' | 'attempts' | 'lookups'>,
  { maxAttemptsPerName = Infinity }: RaceConfig,
): Candidate | undefined => {
  const { plan, attempts, lookups } = state
  const isTriedBy = (attempt: Attempt | undefined, each: Candidate): boolean =>
    attempt !== undefined && isSameEndpoint(attempt.candidate, each)
  // Attempts usually follow the plan, so the one at the candidate's own place is compared first: else the
  // time of a race grows by the third power of its addresses.
  const isUntried = (each: Candidate, place: number): boolean =>
    !isTriedBy(attempts[place], each) && !attempts.some(attempt => isTriedBy(attempt, each))
  // Shortcut: nearly all races end long before the limit matters.
  if (attempts.length < Math.floor(maxAttemptsPerName / 2)) return plan.find(isUntried)
  return plan.find((each, place) => {
    if (!isUntried(each, place)) return false
    const name = nameOf(each, lookups)
    return name === null || hasAttemptsLeft(name, state, maxAttemptsPerName)
  })
}
