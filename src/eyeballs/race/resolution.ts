import { familyOf } from '../../core/family.ts'
import { orderFamily } from './candidates.ts'
import type { LiveState, LookupState, ResolvingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

/**
 * The state in which a race begins: every lookup sent at once, none waited for alone (rules Q1 to
 * Q3). Addresses that need no lookup are an answer that is there already.
 */
export const createResolving = (config: RaceConfig, now: number): ResolvingState => ({
  name: 'resolving',
  startedAt: now,
  lookups: config.queries.map(({ record }): LookupState => ({
    record,
    status: 'pending',
    candidates: [],
  })),
  firstAnswerAt: config.addresses && config.addresses.length > 0 ? now : null,
})

/** Whether a lookup is still out. */
export const isPending = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status }) => status === 'pending')

/** When the Resolution Delay is over: it runs from the first answer of any kind (rule Q5). */
export const resolutionDelayEnd = (state: ResolvingState, config: RaceConfig): number =>
  (state.firstAnswerAt ?? Infinity) + config.timing.resolutionDelayMs

const isSound = ({ demoted }: Candidate): boolean => demoted !== true

/**
 * Whether the first attempt may start, some address being known. Any clause will do (Happy Eyeballs
 * v3, rule H2; RFC 8305 section 3, rules Q4 to Q7). A demoted address is no reason to begin: what is
 * still to come may be better, and is waited for as long as for the preferred family.
 */
export const mayStart = (state: ResolvingState, config: RaceConfig, now: number): boolean => {
  const { lookups } = state
  const given = config.addresses ?? []
  const preferred = lookups.filter(({ record }) => familyOf(record) === config.preferredFamily)
  // The preferred family has brought a sound address: "immediately" (Q4, Q6).
  if (preferred.some(({ candidates }) => candidates.some(isSound))) return true
  if (given.some(each => isSound(each) && orderFamily(each) === config.preferredFamily)) return true
  // It has answered that it has none, or failed: nothing is left to wait for (Q7), if there is a sound one.
  const answered = preferred.every(({ status }) => status !== 'pending')
  const sound = given.some(isSound) || lookups.some(({ candidates }) => candidates.some(isSound))
  if (answered && sound) return true
  // What is out has had its time, or nothing is out.
  return !isPending(state) || now >= resolutionDelayEnd(state, config)
}
