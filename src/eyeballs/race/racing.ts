import { expireAttempts, hasInFlight, nextExpiryAt, startNext } from './attempts.ts'
import { planCandidates } from './candidates.ts'
import { lose } from './ending.ts'
import { isAwaiting, mayStart, resolutionDelayEnd } from './resolution.ts'
import type { Attempt, Next, RaceContext, RacingState, ResolvingState } from './state.ts'
import { deadlineAt } from './timing.ts'

/** Starts racing once an address may be tried; gives up if there will be none. */
export const resolve = (state: ResolvingState, now: number, context: RaceContext): Next => {
  const { config } = context
  const deadline = deadlineAt(state, config)
  if (now >= deadline) return lose(state, 'deadline', now, context)
  const { startedAt, lookups } = state
  const plan = planCandidates(lookups, config)
  if (plan.length === 0) {
    return isAwaiting(state) ? deadline : lose(state, 'no-addresses', now, context)
  }
  const delayEndAt = resolutionDelayEnd(state, config)
  if (!mayStart(state, config, now)) return Math.min(delayEndAt, deadline)
  const attempts: Attempt[] = []
  return { name: 'racing', startedAt, lookups, attempts, plan, delayEndAt, deferredUntil: null }
}

/**
 * Starts an attempt if one is due, never two at once (RFC 8305 section 5). An attempt that fails inside
 * this host comes back as an event, and the next one can start at once. A race that has tried all known
 * addresses continues while a lookup is pending or an expired answer is being refreshed.
 */
export const race = (state: RacingState, now: number, context: RaceContext): Next => {
  const deadline = deadlineAt(state, context.config)
  if (now >= deadline) return lose(state, 'deadline', now, context)
  expireAttempts(state, now, context)
  const due = startNext(state, now, context)
  // With nothing in flight, an untried candidate was started just now, or is due after the 10 ms minimum.
  if (due === Infinity && !hasInFlight(state) && !isAwaiting(state)) {
    return lose(state, 'all-failed', now, context)
  }
  return Math.min(due, nextExpiryAt(state, context), deadline)
}
