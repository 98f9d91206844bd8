import type { Attempt, LiveState } from './state.ts'
import type { RaceConfig } from './types.ts'

/** RFC 8305 section 5: "MUST NOT" start an attempt within 10 ms of the previous one (rule A6). */
export const CONNECTION_ATTEMPT_FLOOR_MS = 10

/**
 * When an attempt stops counting against the cap. Its second SYN retransmission is out by then (RFC
 * 6298: 1 s, then 2 s more), so it sends next to nothing; else six dead addresses would hide a
 * seventh that works.
 */
export const ATTEMPT_COUNTS_MS = 3000

/**
 * When the next attempt may start by the clock of starts (rules A1, A5, A6): at once where the newest
 * attempt failed (which is so, too, where none is left in flight), a Connection Attempt Delay after
 * the newest start otherwise, and in no case within the floor. Attempts that put no packet on the wire
 * cost nothing.
 */
export const startDueAt = (attempts: readonly Attempt[], config: RaceConfig): number => {
  const sent = attempts.findLast(attempt => attempt.sent)
  if (!sent) return -Infinity
  const floor = sent.startedAt + CONNECTION_ATTEMPT_FLOOR_MS
  if (sent.status === 'failed') return floor
  const delay = config.timing.connectionAttemptDelayMs
  return delay === null ? Infinity : Math.max(floor, sent.startedAt + delay)
}

/**
 * When the cap of attempts in flight has room: now (-Infinity), or when the oldest that still counts
 * stops counting. At the cap a race stops starting; it does not kill the oldest.
 */
export const roomAt = (attempts: readonly Attempt[], now: number, config: RaceConfig): number => {
  const counting = attempts.filter(
    ({ status, startedAt }) => status === 'in-flight' && now - startedAt < ATTEMPT_COUNTS_MS,
  )
  if (counting.length < config.maxConcurrentAttempts) return -Infinity
  return (counting[0]?.startedAt ?? now) + ATTEMPT_COUNTS_MS
}

/** When the whole race is over (Infinity: never). */
export const deadlineAt = (state: LiveState, config: RaceConfig): number =>
  state.startedAt + (config.timing.connectTimeoutMs ?? Infinity)

/** When an attempt counts as failed by its own limit (Infinity: never, the default). */
export const attemptDeadlineAt = (attempt: Attempt, config: RaceConfig): number =>
  attempt.startedAt + (config.timing.attemptTimeoutMs ?? Infinity)
