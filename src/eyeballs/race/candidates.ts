import type { Family } from '../../core/family.ts'
import { rttStep } from '../order/destination.ts'
import { interleave } from '../order/interleave.ts'
import { sortDestinations } from '../order/sort-destinations.ts'
import type { Attempt, LookupState, TryingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/** What makes two candidates the same attempt. */
export const isSameEndpoint = (a: Candidate, b: Candidate): boolean =>
  a.port === b.port && a.address === b.address

const endpointKey = (candidate: Candidate): string => `${candidate.address} ${candidate.port}`

/** The family that a candidate counts as in the order: a NAT64 address as the IPv4 one that it stands for. */
export const orderFamily = ({ embedded, family }: Candidate): Family =>
  embedded === undefined ? family : 4

/** RFC 8305 section 4, First Address Family Count: 0 leaves the families as they are. */
const mix = (list: readonly Candidate[], { firstAddressFamilyCount }: RaceConfig) =>
  firstAddressFamilyCount === 0 ? list : interleave(list, firstAddressFamilyCount, orderFamily)

const merge = (
  lookups: readonly LookupState[],
  { addresses = [] }: RaceConfig,
): readonly Candidate[] => {
  const known = [...addresses, ...lookups.flatMap(({ candidates }) => candidates)]
  return known.length < 2
    ? known
    : [...new Map(known.map(candidate => [endpointKey(candidate), candidate])).values()]
}

const order = (known: readonly Candidate[], config: RaceConfig): readonly Candidate[] => {
  if (known.length < 2) return known
  const sorted =
    config.order === 'given'
      ? known
      : sortDestinations(known, config.policyTable, config.knownLocal)
  if (config.order !== 'preferred') return sorted
  const isPreferred = (each: Candidate): boolean => orderFamily(each) === config.preferredFamily
  return [...sorted.filter(isPreferred), ...sorted.filter(each => !isPreferred(each))]
}

/**
 * All addresses known so far, in the order in which they are to be tried: sorted by RFC 6724, then
 * interleaved (RFC 8305 section 4). The demoted ones come behind all others, and are mixed among
 * themselves. It is made anew of the complete list whenever an answer comes in, so that a late answer
 * finds its place among those already tried (draft-ietf-happy-happyeyeballs-v3).
 */
export const planCandidates = (
  lookups: readonly LookupState[],
  config: RaceConfig,
): readonly Candidate[] => {
  const ordered = order(merge(lookups, config), config)
  if (ordered.length < 2) return ordered
  const demoted = ordered.filter(each => each.demoted === true)
  if (demoted.length === 0) return mix(ordered, config)
  const sound = ordered.filter(each => each.demoted !== true)
  return [...mix(sound, config), ...mix(demoted, config)]
}

const forget = ({ rttMs: _rtt, demoted: _demoted, ...candidate }: Candidate): Candidate => candidate

/** The plan as it would be had no race ever taught anything: RFC 6724's order, interleaved. */
const planWithoutHistory = (
  lookups: readonly LookupState[],
  config: RaceConfig,
): readonly Candidate[] => {
  const { addresses, ...rest } = config
  return planCandidates(
    lookups.map(lookup => ({ ...lookup, candidates: lookup.candidates.map(forget) })),
    addresses ? { ...rest, addresses: addresses.map(forget) } : config,
  )
}

const stepOf = ({ rttMs }: Candidate): number | null =>
  rttMs === undefined ? null : rttStep(rttMs)

/** Whether what earlier races taught may have changed the order: what is the same of all has not. */
const isReordered = (plan: readonly Candidate[]): boolean =>
  plan.some(each => each.demoted === true || stepOf(each) !== stepOf(plan[0] ?? each))

/**
 * Whether a win by this attempt hides an outage: RFC 6724 alone, without history, would have had
 * another address first, of those that may be dialled at all. One that a lower round-trip time left
 * behind (RFC 8305 section 4) is not broken, so it does not count; one that is demoted does. A winner that
 * a later answer no longer holds hides nothing.
 */
export const isHidden = (
  winner: Attempt,
  { plan, lookups, attempts }: Pick<TryingState, 'plan' | 'lookups' | 'attempts'>,
  config: RaceConfig,
): boolean => {
  const key = endpointKey(winner.candidate)
  const behind = plan.findIndex(each => endpointKey(each) === key) + 1
  // What is sound and stands behind the winner does not count, wherever it stood without history.
  const others = plan.filter((each, i) => i < behind - 1 || (i >= behind && each.demoted === true))
  if (behind === 0 || others.length === 0) return false
  const counting = new Set(others.map(endpointKey))
  for (const { status, candidate } of attempts) {
    if (status === 'denied') counting.delete(endpointKey(candidate))
  }
  const untaught = isReordered(plan) ? planWithoutHistory(lookups, config) : plan
  const first = untaught.map(endpointKey)
  return first.slice(0, first.indexOf(key)).some(each => counting.has(each))
}
