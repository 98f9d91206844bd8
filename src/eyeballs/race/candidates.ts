import type { Family, ReadIp } from '../../core/ip.ts'
import { rttStep } from '../order/read-destinations.ts'
import { interleave } from '../order/interleave.ts'
import { sortDestinations } from '../order/sort-destinations.ts'
import type { Attempt, LookupState, TryingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/** Whether two candidates would be the same attempt. */
export const isSameEndpoint = (a: Candidate, b: Candidate): boolean =>
  a.port === b.port && a.address === b.address

const endpointKey = (candidate: Candidate): string => `${candidate.address} ${candidate.port}`

/** The family of a candidate for the order: a NAT64 address counts as the IPv4 address in it. */
export const orderFamily = ({ embedded, family }: Candidate): Family =>
  embedded === undefined ? family : 4

/** RFC 8305 section 4, First Address Family Count: 0 does not interleave. */
const mix = (list: readonly Candidate[], { firstAddressFamilyCount }: RaceConfig) =>
  firstAddressFamilyCount === 0 ? list : interleave(list, firstAddressFamilyCount, orderFamily)

/** For so few candidates, comparing all pairs costs less than a map of texts. */
const FEW = 8

/** All candidates, each endpoint once: the last one of an endpoint, in the place of its first. */
const merge = (
  lookups: readonly LookupState[],
  { addresses = [] }: RaceConfig,
): readonly Candidate[] => {
  const known: Candidate[] = [...addresses]
  for (const { candidates } of lookups) known.push(...candidates)
  if (known.length > FEW) return [...new Map(known.map(each => [endpointKey(each), each])).values()]
  const merged: Candidate[] = []
  for (const each of known) {
    const place = merged.findIndex(other => isSameEndpoint(other, each))
    if (place < 0) merged.push(each)
    else merged[place] = each
  }
  return merged
}

const order = (
  known: readonly Candidate[],
  config: RaceConfig,
  readIp?: ReadIp,
): readonly Candidate[] => {
  if (known.length < 2) return known
  const sorted =
    config.order === 'given'
      ? known
      : sortDestinations(known, config.policyTable, config.knownLocal, readIp)
  if (config.order !== 'preferred') return sorted
  const isPreferred = (each: Candidate): boolean => orderFamily(each) === config.preferredFamily
  return [...sorted.filter(isPreferred), ...sorted.filter(each => !isPreferred(each))]
}

/**
 * All addresses known so far, in the order in which they are to be tried: sorted by RFC 6724, then
 * interleaved (RFC 8305 section 4). The demoted ones follow all others, interleaved among themselves. The
 * complete list is ordered again after each answer, so that a late answer takes its place among the
 * addresses already tried (draft-ietf-happy-happyeyeballs-v3 section 7).
 */
export const planCandidates = (
  lookups: readonly LookupState[],
  config: RaceConfig,
  readIp?: ReadIp,
): readonly Candidate[] => {
  const ordered = order(merge(lookups, config), config, readIp)
  if (ordered.length < 2) return ordered
  const demoted = ordered.filter(each => each.demoted === true)
  if (demoted.length === 0) return mix(ordered, config)
  const sound = ordered.filter(each => each.demoted !== true)
  return [...mix(sound, config), ...mix(demoted, config)]
}

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

const forget = ({ rttMs: _rtt, demoted: _demoted, ...candidate }: Candidate): Candidate => candidate

/** The plan without history: the order of RFC 6724, interleaved. */
const planWithoutHistory = (
  lookups: readonly LookupState[],
  config: RaceConfig,
  readIp?: ReadIp,
): readonly Candidate[] => {
  const { addresses, ...rest } = config
  return planCandidates(
    lookups.map(lookup => ({ ...lookup, candidates: lookup.candidates.map(forget) })),
    addresses ? { ...rest, addresses: addresses.map(forget) } : config,
    readIp,
  )
}

const stepOf = ({ rttMs }: Candidate): number | null =>
  rttMs === undefined ? null : rttStep(rttMs)

/** Whether history may have changed the order: it has not if its values are the same for all candidates. */
const isReordered = (plan: readonly Candidate[]): boolean =>
  plan.some(each => each.demoted === true || stepOf(each) !== stepOf(plan[0] ?? each))

/**
 * Whether a win by this attempt is a hidden failure: without history, RFC 6724 would have put another
 * address first that may be dialled. An address that only a lower round-trip time put behind (RFC 8305
 * section 4) does not count, because it is not broken; a demoted one counts. Nor does one that was denied
 * or had no egress, and a win by an address that a later answer no longer contains.
 */
export const isHidden = (
  winner: Attempt,
  { plan, lookups, attempts }: Pick<TryingState, 'plan' | 'lookups' | 'attempts'>,
  config: RaceConfig,
  readIp?: ReadIp,
): boolean => {
  const key = endpointKey(winner.candidate)
  const behind = plan.findIndex(each => endpointKey(each) === key) + 1
  // Candidates behind the winner that are not demoted do not count, wherever they stood without history.
  const others = plan.filter((each, i) => i < behind - 1 || (i >= behind && each.demoted === true))
  if (behind === 0 || others.length === 0) return false
  const counting = new Set(others.map(endpointKey))
  for (const { status, noEgress, candidate } of attempts) {
    if (status === 'denied' || noEgress) counting.delete(endpointKey(candidate))
  }
  const untaught = isReordered(plan) ? planWithoutHistory(lookups, config, readIp) : plan
  const first = untaught.map(endpointKey)
  return first.slice(0, first.indexOf(key)).some(each => counting.has(each))
}
