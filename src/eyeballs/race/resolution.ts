import { familyOf } from '../../core/ip.ts'
import { standsFirst } from '../order/stands-first.ts'
import { orderFamily } from './candidates.ts'
import type { LiveState, LookupState, ResolvingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/**
 * The first state of a race: all lookups are sent at once, and none is waited for alone (RFC 8305 section
 * 3). Given addresses count as an answer that has already arrived.
 */
export const createResolving = (config: RaceConfig, now: number): ResolvingState => ({
  name: 'resolving',
  startedAt: now,
  lookups: config.queries.map(({ host, record }): LookupState => ({
    record,
    name: config.queries.findIndex(other => other.host === host),
    status: 'pending',
    refreshing: false,
    candidates: [],
  })),
  firstAnswerAt: config.addresses && config.addresses.length > 0 ? now : null,
})

export const isPending = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status }) => status === 'pending')

/** Whether other addresses may still arrive: a lookup is pending, or an expired answer is being refreshed. */
export const isAwaiting = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status, refreshing }) => refreshing || status === 'pending')

/** The end of the Resolution Delay, which starts at the first answer of any kind (RFC 8305 section 3). */
export const resolutionDelayEnd = (state: ResolvingState, config: RaceConfig): number =>
  (state.firstAnswerAt ?? Infinity) + config.timing.resolutionDelayMs

const isSound = ({ demoted }: Candidate): boolean => demoted !== true

/** Whether an address of the preferred family will be first, whatever the other family's answer is. */
const isFirstAnyway = (candidate: Candidate, config: RaceConfig): boolean =>
  config.order !== 'sorted' || standsFirst(candidate, config.policyTable, config.knownLocal)

/**
 * Whether the first attempt may start, given that some address is known. One of these conditions is enough
 * (draft-ietf-happy-happyeyeballs-v3 section 4.2, RFC 8305 section 3): no lookup is pending; the Resolution Delay is
 * over; the preferred family has an address that will be first whatever the other answer is; the preferred
 * family is answered, and the other family has an address. A demoted address does not start the race,
 * because a pending answer may be better.
 */
export const mayStart = (state: ResolvingState, config: RaceConfig, now: number): boolean => {
  if (!isPending(state) || now >= resolutionDelayEnd(state, config)) return true
  let isPreferredAnswered = true
  let hasOther = false
  for (const { record, status, candidates } of state.lookups) {
    const sound = candidates.filter(isSound)
    if (familyOf(record) !== config.preferredFamily) hasOther ||= sound.length > 0
    else if (sound.some(each => isFirstAnyway(each, config))) return true
    else isPreferredAnswered &&= status !== 'pending'
  }
  for (const given of config.addresses ?? []) {
    if (!isSound(given)) continue
    if (orderFamily(given) !== config.preferredFamily) hasOther = true
    else if (isFirstAnyway(given, config)) return true
  }
  return isPreferredAnswered && hasOther
}
