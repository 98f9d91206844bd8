import { familyOf } from '../../core/family.ts'
import { standsFirst } from '../order/stands-first.ts'
import { orderFamily } from './candidates.ts'
import type { LiveState, LookupState, ResolvingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/**
 * The state in which a race begins: every lookup sent at once, none waited for alone (RFC 8305
 * section 3). Addresses that need no lookup are an answer that is there already.
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

/** Whether a lookup has no answer yet. */
export const isPending = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status }) => status === 'pending')

/** Whether other addresses may still come: a lookup has no answer yet, or an expired one is being refreshed. */
export const isAwaiting = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status, refreshing }) => refreshing || status === 'pending')

/** When the Resolution Delay is over: it runs from the first answer of any kind (RFC 8305 section 3). */
export const resolutionDelayEnd = (state: ResolvingState, config: RaceConfig): number =>
  (state.firstAnswerAt ?? Infinity) + config.timing.resolutionDelayMs

const isSound = ({ demoted }: Candidate): boolean => demoted !== true

/** Whether an address of the preferred family is the first of the race whatever the other family brings. */
const isFirstAnyway = (candidate: Candidate, config: RaceConfig): boolean =>
  config.order !== 'sorted' || standsFirst(candidate, config.policyTable, config.knownLocal)

/**
 * Whether the first attempt may start, some address being known. Any of these will do
 * (draft-ietf-happy-happyeyeballs-v3; RFC 8305 section 3): no lookup is out, or all have had the
 * Resolution Delay; the preferred family has brought an address that is the first of the race
 * whatever the other one brings; it is answered, and the other one has brought an address. A demoted
 * address is no reason to begin: what is still to come may be better.
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
