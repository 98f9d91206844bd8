import { deferAttempt, expireAttempts, hasInFlight, nextExpiryAt, startNext } from './attempts.ts'
import { planCandidates } from './candidates.ts'
import { isToConfirm, winProvisionally } from './confirming.ts'
import { join, lose, win } from './ending.ts'
import type {
  Attempt,
  LookupState,
  Next,
  RaceContext,
  RaceState,
  RacingState,
  ResolvingState,
  TryingState,
} from './state.ts'
import { deadlineAt, isAwaiting, mayStart, resolutionDelayEnd } from './timing.ts'
import type { RaceConfig, RaceEvent } from './types.ts'

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

/** Starts racing once an address may be tried; gives up if there will be none. */
export const resolve = (state: ResolvingState, now: number, context: RaceContext): Next => {
  const { config, readIp } = context
  const deadline = deadlineAt(state, config)
  if (now >= deadline) return lose(state, 'deadline', now, context)
  const { startedAt, lookups } = state
  const plan = planCandidates(lookups, config, readIp)
  if (plan.length === 0) {
    return isAwaiting(state) ? deadline : lose(state, 'no-addresses', now, context)
  }
  const delayEndAt = resolutionDelayEnd(state, config)
  if (!mayStart(state, config, now, readIp)) return Math.min(delayEndAt, deadline)
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

/** An event that concerns one attempt. */
export type AttemptEvent = Extract<
  RaceEvent,
  { type: 'connected' | 'connect-failed' | 'confirmed' | 'deferred' }
>

/** Resets an attempt that connected although it was cancelled or had lost. */
export const resetSecond = (
  event: AttemptEvent,
  now: number,
  { issue }: Pick<RaceContext, 'issue'>,
): void => {
  if (event.type === 'connected') issue({ type: 'cancel', id: event.id, reason: 'second' }, now)
}

const connect = (
  state: TryingState,
  attempt: Attempt,
  now: number,
  context: RaceContext,
): RaceState => {
  attempt.status = 'connected'
  attempt.connectedAt = now
  if (state.name === 'confirming') {
    state.connections.push(attempt)
    return state
  }
  return isToConfirm(state, context)
    ? winProvisionally(state, attempt, now, context)
    : win(state, attempt, now, context)
}

/**
 * Applies the event of an attempt while the race is running.
 *
 * @returns the next state; undefined for an event that is impossible for this attempt
 */
export const settleAttempt = (
  state: TryingState,
  event: AttemptEvent,
  now: number,
  context: RaceContext,
): RaceState | undefined => {
  const attempt = state.attempts[event.id - 1]
  if (!attempt) return undefined
  const { status } = attempt
  switch (event.type) {
    case 'confirmed':
      if (state.name !== 'confirming' || status !== 'connected') return undefined
      return join(state, attempt, 'unconfirmed', now, context)
    case 'deferred':
      if (status !== 'in-flight' || event.id !== state.attempts.length) return undefined
      deferAttempt(state, attempt, now, context)
      return state
    case 'connected':
      if (status === 'connected') return undefined
      if (status === 'in-flight') return connect(state, attempt, now, context)
      resetSecond(event, now, context)
      return state
    case 'connect-failed':
      if (status === 'in-flight') {
        attempt.status = event.denied === true ? 'denied' : 'failed'
        attempt.sent = event.sent
        if (event.noEgress) attempt.noEgress = true
      } else if (status === 'connected') {
        // The target closed the connection before it answered, so packets were sent.
        attempt.status = 'failed'
      }
      return state
  }
}
