import { familyOf } from '../../core/family.ts'
import type { LiveState, LookupState } from './state.ts'
import type { RaceConfig } from './types.ts'

type Resolving = Extract<LiveState, { name: 'resolving' }>

/** The state in which a race begins: every lookup sent at once, none waited for alone (rules Q1 to Q3). */
export const createResolving = (config: RaceConfig, now: number): Resolving => ({
  name: 'resolving',
  startedAt: now,
  lookups: config.queries.map(({ record }): LookupState => ({
    record,
    status: 'pending',
    candidates: [],
  })),
  firstAnswerAt: null,
})

const isPreferred = (lookup: LookupState, config: RaceConfig): boolean =>
  familyOf(lookup.record) === config.preferredFamily

/** When the Resolution Delay is over: it runs from the first answer of any kind (rule Q5). */
export const resolutionDelayEnd = (state: Resolving, config: RaceConfig): number =>
  (state.firstAnswerAt ?? Infinity) + config.timing.resolutionDelayMs

/**
 * Whether the first attempt may start, some address being known. Either clause will do (Happy
 * Eyeballs v3, rule H2; RFC 8305 section 3, rules Q4 to Q7).
 */
export const mayStart = (state: Resolving, config: RaceConfig, now: number): boolean => {
  // The preferred family has brought an address: "immediately" (Q4, Q6).
  const preferred = state.lookups.filter(lookup => isPreferred(lookup, config))
  if (preferred.some(({ status }) => status === 'positive')) return true
  // It has answered that it has none, or failed: nothing is left to wait for (Q7).
  if (preferred.every(({ status }) => status === 'negative')) return true
  // It has had its time.
  return now >= resolutionDelayEnd(state, config)
}
