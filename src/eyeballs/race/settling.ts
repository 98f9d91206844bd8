import { deferAttempt } from './attempts.ts'
import { isToConfirm, winProvisionally } from './confirming.ts'
import { join, win } from './ending.ts'
import type { Attempt, RaceContext, RaceState, TryingState } from './state.ts'
import type { RaceEvent } from './types.ts'

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
      } else if (status === 'connected') {
        // The target closed the connection before it answered, so packets were sent.
        attempt.status = 'failed'
      }
      return state
  }
}
