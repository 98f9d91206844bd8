import { nameOf, nextCandidate } from './next-candidate.ts'
import { isPending } from './resolution.ts'
import type { Attempt, RaceContext, TryingState } from './state.ts'
import { attemptDeadlineAt, deferralEndAt, roomAt, startDueAt } from './timing.ts'
import type { Candidate } from './types.ts'

/** How many attempts a race keeps in flight where file descriptors are scarce: the newest ones. */
const SCARCE_ATTEMPTS_MAX = 6

/** Starts an attempt at a candidate. */
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

/** Whether an attempt is connected, or still waits for its connection: it has a file descriptor. */
const isLive = ({ status }: Attempt): boolean => status === 'in-flight' || status === 'connected'

/** Whether an attempt still waits for its connection. */
const isInFlight = ({ status }: Attempt): boolean => status === 'in-flight'

/**
 * When an answer that is out is no longer waited for between two attempts. As long as all attempts
 * have failed inside this host the race has cost nothing, and an answer that comes within the
 * Resolution Delay still finds its place in the order.
 */
const answersDueAt = (state: TryingState): number => {
  const { attempts, delayEndAt } = state
  const [first] = attempts
  const isUnsent = first !== undefined && attempts.every(({ sent }) => !sent)
  return isUnsent && isPending(state) ? delayEndAt : -Infinity
}

/** When an attempt that no file descriptor was free for is tried again; one that is alone always has one. */
export const descriptorDueAt = ({ attempts, deferredUntil }: TryingState): number =>
  deferredUntil !== null && attempts.some(isLive) ? deferredUntil : -Infinity

/**
 * Starts the next candidate where the clock of starts and the cap say so; one at a time (RFC 8305
 * section 5).
 *
 * @returns when to look again, Infinity where nothing is left to start
 */
export const startNext = (state: TryingState, now: number, context: RaceContext): number => {
  const { config } = context
  const { attempts } = state
  const dueAt = (): number =>
    Math.max(
      startDueAt(attempts, config),
      roomAt(attempts, now, config),
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

/** Takes an attempt back that was not started after all, for want of a file descriptor. */
export const deferAttempt = (
  state: TryingState,
  attempt: Attempt,
  now: number,
  { config }: RaceContext,
): void => {
  state.attempts.pop()
  if (state.name === 'confirming' && state.calls.at(-1)?.attempt === attempt) state.calls.pop()
  state.deferredUntil = deferralEndAt(now, config)
}

/** Gives up the oldest attempts in flight, until no more than six have a file descriptor or none is in flight. */
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

/** Gives up the attempts that have had their own limit. */
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

/** When the next attempt has had its own limit; Infinity where there is none. */
export const nextExpiryAt = ({ attempts }: TryingState, { config }: RaceContext): number => {
  if (config.timing.attemptTimeoutMs === null) return Infinity
  const inFlight = attempts.filter(isInFlight)
  return Math.min(...inFlight.map(attempt => attemptDeadlineAt(attempt, config)))
}

/** Whether an attempt still waits for its connection. */
export const hasInFlight = ({ attempts }: TryingState): boolean => attempts.some(isInFlight)
