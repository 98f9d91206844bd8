import { expireAttempts, hasInFlight, nextExpiryAt, startNext } from './attempts.ts'
import { planCandidates } from './candidates.ts'
import { lose } from './ending.ts'
import { isPending, mayStart, resolutionDelayEnd } from './resolution.ts'
import type { Next, RaceContext, RacingState, ResolvingState } from './state.ts'
import { deadlineAt } from './timing.ts'

/** Begins to race once an address may be tried; gives up where there will be none. */
export const resolve = (state: ResolvingState, now: number, context: RaceContext): Next => {
  const { config } = context
  const deadline = deadlineAt(state, config)
  if (now >= deadline) return lose(state, 'deadline', now, context)
  const { startedAt, lookups } = state
  const plan = planCandidates(lookups, config)
  if (plan.length === 0) {
    return isPending(state) ? deadline : lose(state, 'no-addresses', now, context)
  }
  if (mayStart(state, config, now))
    return { name: 'racing', startedAt, lookups, attempts: [], plan }
  return Math.min(resolutionDelayEnd(state, config), deadline)
}

/**
 * Starts one attempt where one is due (rule A1: never two at once). An attempt that fails inside this
 * host comes back as an event and lets the next start at once.
 */
export const race = (state: RacingState, now: number, context: RaceContext): Next => {
  const deadline = deadlineAt(state, context.config)
  if (now >= deadline) return lose(state, 'deadline', now, context)
  expireAttempts(state, now, context)
  const due = startNext(state, now, context)
  // With nothing in flight, what is left untried was started just now or is due at the floor.
  if (due === Infinity && !hasInFlight(state) && !isPending(state)) {
    return lose(state, 'all-failed', now, context)
  }
  return Math.min(due, nextExpiryAt(state, context), deadline)
}
