import { nameOf, nextCandidate } from './candidates.ts'
import type { Attempt, RaceContext, TryingState } from './state.ts'
import { attemptDeadlineAt, deferralEndAt, isPending, freeAt, startDueAt } from './timing.ts'
import type { Candidate } from './types.ts'

/** The most attempts, the newest ones, that a race keeps in flight when file descriptors are scarce. */
const SCARCE_ATTEMPTS_MAX = 6

export const startAttempt = (
  { attempts, lookups }: TryingState,
  candidate: Candidate,
  now: number,
  { issue }: RaceContext,
): Attempt => {
  const id = attempts.length + 1
  const name = nameOf(candidate, lookups)
  const attempt: Attempt = { id, candidate, name, startedAt: now, status: 'in-flight', sent: true }
  attempts.push(attempt)
  const { address, family, port, demoted } = candidate
  const command = { type: 'connect', id, address, family, port } as const
  issue(demoted ? { ...command, demoted } : command, now)
  return attempt
}

/** Whether an attempt is connected or in flight, and so has a file descriptor. */
const isLive = ({ status }: Attempt): boolean => status === 'in-flight' || status === 'connected'

const isInFlight = ({ status }: Attempt): boolean => status === 'in-flight'

/**
 * Until when a pending answer delays the next attempt. As long as all attempts have failed inside this
 * host, the race has sent nothing, and an answer within the Resolution Delay can still take its place in
 * the order.
 */
const answersDueAt = (state: TryingState): number => {
  const { attempts, delayEndAt } = state
  const [first] = attempts
  const isUnsent = first !== undefined && attempts.every(({ sent }) => !sent)
  return isUnsent && isPending(state) ? delayEndAt : -Infinity
}

/**
 * When an attempt for which no file descriptor was free is tried again; a race without a live attempt
 * always has one descriptor.
 */
export const descriptorDueAt = ({ attempts, deferredUntil }: TryingState): number =>
  deferredUntil !== null && attempts.some(isLive) ? deferredUntil : -Infinity

/**
 * Starts the next candidate if the attempt delay and the limit of attempts in flight allow it; one at a
 * time (RFC 8305 section 5).
 *
 * @returns when to look again, Infinity if there is nothing left to start
 */
export const startNext = (state: TryingState, now: number, context: RaceContext): number => {
  const { config } = context
  const { attempts } = state
  const dueAt = (): number =>
    Math.max(
      startDueAt(attempts, config),
      freeAt(attempts, now, config),
      answersDueAt(state),
      descriptorDueAt(state),
    )
  const candidate = nextCandidate(state, config)
  if (!candidate) return Infinity
  const due = dueAt()
  if (now < due) return due
  startAttempt(state, candidate, now, context)
  return nextCandidate(state, config) ? dueAt() : Infinity
}

/** Takes back an attempt that was not started for lack of a file descriptor. */
export const deferAttempt = (
  state: TryingState,
  attempt: Attempt,
  now: number,
  { config }: RaceContext,
): void => {
  state.attempts.pop()
  if (state.name === 'confirming' && state.helloTurns.at(-1)?.attempt === attempt)
    state.helloTurns.pop()
  state.deferredUntil = deferralEndAt(now, config)
}

/** Gives up the oldest attempts in flight, until at most six have a file descriptor or none is in flight. */
export const giveUpOldest = (
  { attempts }: TryingState,
  now: number,
  { issue }: RaceContext,
): void => {
  const surplus = attempts.filter(isLive).length - SCARCE_ATTEMPTS_MAX
  for (const attempt of attempts.filter(isInFlight).slice(0, Math.max(0, surplus))) {
    issue({ type: 'cancel', id: attempt.id, reason: 'descriptors' }, now)
    attempt.status = 'failed'
  }
}

/** Gives up the attempts that have reached their own time limit. */
export const expireAttempts = (
  { attempts }: TryingState,
  now: number,
  { config, issue }: RaceContext,
): void => {
  if (config.timing.attemptTimeoutMs === null) return
  for (const attempt of attempts) {
    if (attempt.status !== 'in-flight' || now < attemptDeadlineAt(attempt, config)) continue
    issue({ type: 'cancel', id: attempt.id, reason: 'attempt-timeout' }, now)
    attempt.status = 'failed'
  }
}

/** When the next attempt reaches its own time limit; Infinity if there is none. */
export const nextExpiryAt = ({ attempts }: TryingState, { config }: RaceContext): number => {
  if (config.timing.attemptTimeoutMs === null) return Infinity
  const inFlight = attempts.filter(isInFlight)
  return Math.min(...inFlight.map(attempt => attemptDeadlineAt(attempt, config)))
}

export const hasInFlight = ({ attempts }: TryingState): boolean => attempts.some(isInFlight)
