import { nextCandidate } from './candidates.ts'
import type { Attempt, RaceContext, TryingState } from './state.ts'
import { attemptDeadlineAt, roomAt, startDueAt } from './timing.ts'
import type { Candidate } from './types.ts'

/** Starts an attempt at a candidate. */
export const startAttempt = (
  { attempts }: TryingState,
  candidate: Candidate,
  now: number,
  { issue }: RaceContext,
): Attempt => {
  const id = attempts.length + 1
  const attempt: Attempt = { id, candidate, startedAt: now, status: 'in-flight', sent: true }
  attempts.push(attempt)
  const { address, family, port, demoted } = candidate
  const command = { type: 'connect', id, address, family, port } as const
  issue(demoted ? { ...command, demoted } : command, now)
  return attempt
}

/**
 * Starts the next candidate where the clock of starts and the cap say so; one at a time (rule A1).
 *
 * @returns when to look again, Infinity where nothing is left to start
 */
export const startNext = (state: TryingState, now: number, context: RaceContext): number => {
  const { attempts } = state
  const dueAt = (): number =>
    Math.max(startDueAt(attempts, context.config), roomAt(attempts, now, context.config))
  const candidate = nextCandidate(state)
  if (!candidate) return Infinity
  const due = dueAt()
  if (now < due) return due
  startAttempt(state, candidate, now, context)
  return nextCandidate(state) ? dueAt() : Infinity
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
  const inFlight = attempts.filter(({ status }) => status === 'in-flight')
  return Math.min(...inFlight.map(attempt => attemptDeadlineAt(attempt, config)))
}

/** Whether an attempt still waits for its connection. */
export const hasInFlight = ({ attempts }: TryingState): boolean =>
  attempts.some(({ status }) => status === 'in-flight')
