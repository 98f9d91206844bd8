import type { Attempt, Call, LiveState } from './state.ts'
import type { RaceConfig } from './types.ts'

/** RFC 8305 section 5: "MUST NOT" start an attempt within 10 ms of the previous one. */
export const CONNECTION_ATTEMPT_FLOOR_MS = 10

/**
 * When an attempt stops counting against the cap. Its second SYN retransmission is out by then (RFC
 * 6298: 1 s, then 2 s more), so it sends next to nothing; else six dead addresses would hide a
 * seventh that works.
 */
export const ATTEMPT_COUNTS_MS = 3000

/**
 * The longest that a target is waited for after it got the ClientHello, before the next one gets it:
 * a handshake that needed its SYN again says little about how long an answer takes.
 */
export const CONFIRM_DELAY_MAX_MS = 2000

const newestSent = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.findLast(({ sent }) => sent)

/** A delay of time; null stays none: nothing is raced by time. What is below the floor is the floor. */
const waitFor = (delayMs: number | null): number =>
  delayMs === null ? Infinity : Math.max(CONNECTION_ATTEMPT_FLOOR_MS, delayMs)

/** The Connection Attempt Delay behind one attempt: its own where history knows one. */
const delayBehind = ({ candidate }: Attempt, { timing }: RaceConfig): number => {
  const delay = timing.connectionAttemptDelayMs
  return waitFor(delay === null ? null : (candidate.attemptDelayMs ?? delay))
}

/** Before when no attempt may start in any case. Attempts that put no packet on the wire cost nothing. */
export const floorAt = (attempts: readonly Attempt[]): number =>
  (newestSent(attempts)?.startedAt ?? -Infinity) + CONNECTION_ATTEMPT_FLOOR_MS

/**
 * When the next attempt may start by the clock of starts (RFC 8305 section 5): at once where the newest
 * attempt failed (which is so, too, where none is left in flight), a Connection Attempt Delay after
 * the newest start otherwise, and in no case within the floor.
 */
export const startDueAt = (attempts: readonly Attempt[], config: RaceConfig): number => {
  const sent = newestSent(attempts)
  if (!sent) return -Infinity
  const isOver = sent.status === 'failed' || sent.status === 'denied'
  return sent.startedAt + (isOver ? CONNECTION_ATTEMPT_FLOOR_MS : delayBehind(sent, config))
}

/** When an attempt that no file descriptor was free for now is tried again, unless a wake comes first. */
export const deferralEndAt = (now: number, { timing }: RaceConfig): number =>
  now + waitFor(timing.connectionAttemptDelayMs)

/**
 * When the cap of attempts in flight has room: now (-Infinity), or when the oldest that still counts
 * stops counting. At the cap a race stops starting; it does not kill the oldest.
 */
export const roomAt = (attempts: readonly Attempt[], now: number, config: RaceConfig): number => {
  if (attempts.length < config.maxConcurrentAttempts) return -Infinity
  const counting = attempts.filter(
    ({ status, startedAt }) => status === 'in-flight' && now - startedAt < ATTEMPT_COUNTS_MS,
  )
  if (counting.length < config.maxConcurrentAttempts) return -Infinity
  return (counting[0]?.startedAt ?? now) + ATTEMPT_COUNTS_MS
}

/**
 * When the next target's turn to get the ClientHello has come: at once for the first, and
 * where the newest was closed or never connected. One that was greeted is waited for by its
 * handshake's time twice, for a TLS handshake answers after one more round trip and a server's work,
 * and the race's own delay; one that still connects, as any attempt.
 */
export const turnDueAt = (calls: readonly Call[], config: RaceConfig): number => {
  const newest = calls.at(-1)
  if (!newest) return -Infinity
  const { attempt, at } = newest
  const { status, startedAt, connectedAt } = attempt
  if (status === 'in-flight') return at + delayBehind(attempt, config)
  if (status !== 'connected' || connectedAt === undefined) return -Infinity
  const delay = waitFor(config.timing.connectionAttemptDelayMs)
  if (delay === Infinity) return Infinity
  return at + Math.min(2 * (connectedAt - startedAt) + delay, CONFIRM_DELAY_MAX_MS)
}

/** When the whole race is over (Infinity: never). */
export const deadlineAt = (state: LiveState, config: RaceConfig): number =>
  state.startedAt + (config.timing.connectTimeoutMs ?? Infinity)

/** When an attempt counts as failed by its own limit (Infinity: never, the default). */
export const attemptDeadlineAt = (attempt: Attempt, config: RaceConfig): number =>
  attempt.startedAt + (config.timing.attemptTimeoutMs ?? Infinity)
