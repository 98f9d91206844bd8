import type { ReadIp } from '../../core/ip.ts'
import { familyOf } from '../../core/ip.ts'
import { standsFirst } from '../order/sort-destinations.ts'
import { orderFamily } from './candidates.ts'
import type { Attempt, HelloTurn, LiveState, ResolvingState } from './state.ts'
import type { Candidate, RaceConfig } from './types.ts'

export const isPending = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status }) => status === 'pending')

/** Whether other addresses may still arrive: a lookup is pending, or an expired answer is being refreshed. */
export const isAwaiting = ({ lookups }: LiveState): boolean =>
  lookups.some(({ status, refreshing }) => refreshing || status === 'pending')

/** The end of the Resolution Delay, which starts at the first answer of any kind (RFC 8305 section 3). */
export const resolutionDelayEnd = (state: ResolvingState, config: RaceConfig): number =>
  (state.firstAnswerAt ?? Infinity) + config.timing.resolutionDelayMs

const isSound = ({ demoted }: Candidate): boolean => demoted !== true

/** Whether an address of the preferred family will be first, whatever the other family's answer is. */
const isFirstAnyway = (candidate: Candidate, config: RaceConfig, readIp?: ReadIp): boolean =>
  config.order !== 'sorted' || standsFirst(candidate, config.policyTable, config.knownLocal, readIp)

/**
 * Whether the first attempt may start, given that some address is known. One of these conditions is enough
 * (draft-ietf-happy-happyeyeballs-v3 section 4.2, RFC 8305 section 3): no lookup is pending; the Resolution Delay is
 * over; the preferred family has an address that will be first whatever the other answer is; the preferred
 * family is answered, and the other family has an address. A demoted address does not start the race,
 * because a pending answer may be better.
 */
export const mayStart = (
  state: ResolvingState,
  config: RaceConfig,
  now: number,
  readIp?: ReadIp,
): boolean => {
  if (!isPending(state) || now >= resolutionDelayEnd(state, config)) return true
  let isPreferredAnswered = true
  let hasOther = false
  for (const { record, status, candidates } of state.lookups) {
    const sound = candidates.filter(isSound)
    if (familyOf(record) !== config.preferredFamily) hasOther ||= sound.length > 0
    else if (sound.some(each => isFirstAnyway(each, config, readIp))) return true
    else isPreferredAnswered &&= status !== 'pending'
  }
  for (const given of config.addresses ?? []) {
    if (!isSound(given)) continue
    if (orderFamily(given) !== config.preferredFamily) hasOther = true
    else if (isFirstAnyway(given, config, readIp)) return true
  }
  return isPreferredAnswered && hasOther
}

/** RFC 8305 section 5: "MUST NOT" start an attempt within 10 ms of the previous one. */
export const CONNECTION_ATTEMPT_FLOOR_MS = 10

/**
 * Age at which an attempt no longer counts against the limit of attempts in flight. Its second SYN
 * retransmission is sent by then (RFC 6298 sections 2.1 and 5.5: after 1 s, then 2 s more), so it sends
 * almost nothing afterwards; otherwise six dead addresses would block a seventh that works.
 */
export const ATTEMPT_COUNTS_MS = 3000

/**
 * The longest wait for a target's answer to the ClientHello before the next target gets it: a handshake
 * with a retransmitted SYN says little about how long an answer takes.
 */
export const CONFIRM_DELAY_MAX_MS = 2000

const newestSent = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.findLast(({ sent }) => sent)

/** A delay, at least the 10 ms minimum; null means that no delay starts an attempt. */
const waitFor = (delayMs: number | null): number =>
  delayMs === null ? Infinity : Math.max(CONNECTION_ATTEMPT_FLOOR_MS, delayMs)

/** The Connection Attempt Delay after one attempt: the candidate's own if history knows one. */
const delayBehind = ({ candidate }: Attempt, { timing }: RaceConfig): number => {
  const delay = timing.connectionAttemptDelayMs
  return waitFor(delay === null ? null : (candidate.attemptDelayMs ?? delay))
}

/** The earliest start of any attempt. Attempts that put no packet on the wire do not count. */
export const floorAt = (attempts: readonly Attempt[]): number =>
  (newestSent(attempts)?.startedAt ?? -Infinity) + CONNECTION_ATTEMPT_FLOOR_MS

/**
 * When the next attempt may start (RFC 8305 section 5): at once if the newest attempt failed (also if none
 * is in flight), else a Connection Attempt Delay after the newest start, but never within the 10 ms
 * minimum.
 */
export const startDueAt = (attempts: readonly Attempt[], config: RaceConfig): number => {
  const sent = newestSent(attempts)
  if (!sent) return -Infinity
  const isOver = sent.status === 'failed' || sent.status === 'denied'
  return sent.startedAt + (isOver ? CONNECTION_ATTEMPT_FLOOR_MS : delayBehind(sent, config))
}

/** When to retry an attempt for which no file descriptor is free now, unless a wake comes first. */
export const deferralEndAt = (now: number, { timing }: RaceConfig): number =>
  now + waitFor(timing.connectionAttemptDelayMs)

/**
 * When the limit of attempts in flight allows another attempt: now (-Infinity), or when the oldest counted
 * attempt no longer counts. At the limit, a race starts no attempt, but does not cancel the oldest.
 */
export const freeAt = (attempts: readonly Attempt[], now: number, config: RaceConfig): number => {
  if (attempts.length < config.maxConcurrentAttempts) return -Infinity
  const counting = attempts.filter(
    ({ status, startedAt }) => status === 'in-flight' && now - startedAt < ATTEMPT_COUNTS_MS,
  )
  if (counting.length < config.maxConcurrentAttempts) return -Infinity
  return (counting[0]?.startedAt ?? now) + ATTEMPT_COUNTS_MS
}

/**
 * When the next target may get the ClientHello: at once for the first, and if the newest was closed or
 * never connected. After a target got it, the wait is twice that target's handshake time (a TLS answer
 * takes one more round trip and the server's work) plus the race's own delay; for a target that is still
 * connecting, it is the delay of any attempt.
 */
export const turnDueAt = (helloTurns: readonly HelloTurn[], config: RaceConfig): number => {
  const newest = helloTurns.at(-1)
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

/** When an attempt reaches its own time limit and counts as failed (Infinity: never, the default). */
export const attemptDeadlineAt = (attempt: Attempt, config: RaceConfig): number =>
  attempt.startedAt + (config.timing.attemptTimeoutMs ?? Infinity)
