import {
  descriptorDueAt,
  expireAttempts,
  hasInFlight,
  nextExpiryAt,
  startAttempt,
  startNext,
} from './attempts.ts'
import { isHidden } from './candidates.ts'
import { join, lose } from './ending.ts'
import { nextCandidate } from './next-candidate.ts'
import { isAwaiting } from './resolution.ts'
import type { Attempt, ConfirmingState, Next, RaceContext, RacingState } from './state.ts'
import { deadlineAt, floorAt, roomAt, turnDueAt } from './timing.ts'

/*
 * A TCP handshake can succeed where nothing else does: a middlebox answers for a dead server, a path
 * drops what is larger than a SYN. So a race may go on behind its first connection, until a target has
 * answered the client's ClientHello (draft-ietf-happy-happyeyeballs-v3). Only a ClientHello may be said to
 * several targets: it asks for nothing, and nothing is repeated once a byte has come back.
 */

/** Whether there is anything to try beside the connections there are. */
const hasOthers = (state: RacingState | ConfirmingState, { config }: RaceContext): boolean =>
  hasInFlight(state) || isAwaiting(state) || nextCandidate(state, config) !== undefined

/** Whether a race's first connection is to be confirmed: a single one is as good as it gets. */
export const isToConfirm = (state: RacingState, context: RaceContext): boolean =>
  context.config.confirm === 'tls' && hasOthers(state, context)

/** The first connection of the race: the client may be told, and what it says is waited for. */
export const winProvisionally = (
  state: RacingState,
  winner: Attempt,
  now: number,
  { config, issue }: RaceContext,
): ConfirmingState => {
  const hidden = isHidden(winner, state, config)
  issue({ type: 'won', id: winner.id, hidden, provisional: true }, now)
  const { startedAt, lookups, attempts, plan, delayEndAt, deferredUntil } = state
  return {
    name: 'confirming',
    startedAt,
    lookups,
    attempts,
    plan,
    delayEndAt,
    deferredUntil,
    connections: [winner],
    said: 'nothing',
    calls: [],
  }
}

/** The one whose turn it is without a new attempt: who has connected, in that order, then who still may. */
const nextInTurn = ({ connections, attempts, calls }: ConfirmingState): Attempt | undefined => {
  const waits = (attempt: Attempt): boolean => calls.every(call => call.attempt !== attempt)
  return (
    connections.find(attempt => attempt.status === 'connected' && waits(attempt)) ??
    attempts.find(attempt => attempt.status === 'in-flight' && waits(attempt))
  )
}

/** Greets those whose turn came before they had connected, as soon as they have. */
const greet = ({ calls }: ConfirmingState, now: number, { issue }: RaceContext): void => {
  for (const call of calls) {
    if (call.greeted || call.attempt.status !== 'connected') continue
    call.greeted = true
    call.at = now
    issue({ type: 'greet', id: call.attempt.id }, now)
  }
}

/** Gives the ClientHello to the next target when its turn has come, and says when to look again. */
const takeTurns = (state: ConfirmingState, now: number, context: RaceContext): number => {
  const { config } = context
  const { calls, attempts } = state
  greet(state, now, context)
  const due = turnDueAt(calls, config)
  const waiting = nextInTurn(state)
  const candidate = waiting ? undefined : nextCandidate(state, config)
  if (!waiting && !candidate) return Infinity
  if (now < due) return due
  if (candidate) {
    const startAt = Math.max(
      floorAt(attempts),
      roomAt(attempts, now, config),
      descriptorDueAt(state),
    )
    if (now < startAt) return startAt
  }
  const attempt = waiting ?? (candidate && startAttempt(state, candidate, now, context))
  if (attempt) calls.push({ attempt, at: now, greeted: false })
  greet(state, now, context)
  const more = nextInTurn(state) ?? nextCandidate(state, config)
  return more ? turnDueAt(calls, config) : Infinity
}

/**
 * Until the client has spoken nothing new starts, unless no connection is left. A ClientHello goes
 * from target to target until one answers. Anything else goes to one: the first that is open. An idle
 * client is not punished either: at the race's deadline, and where there is nothing else to try, it
 * gets the first that is open.
 */
export const confirm = (state: ConfirmingState, now: number, context: RaceContext): Next => {
  const open = state.connections.filter(({ status }) => status === 'connected')
  const [first] = open
  const deadline = deadlineAt(state, context.config)
  if (now >= deadline) {
    return first ? join(state, first, 'won', now, context) : lose(state, 'deadline', now, context)
  }
  expireAttempts(state, now, context)
  if (first && state.said === 'other') return join(state, first, 'won', now, context)
  if (!hasOthers(state, context)) {
    if (!first) return lose(state, 'all-failed', now, context)
    if (open.length === 1) return join(state, first, 'won', now, context)
  }
  let due = Infinity
  if (state.said === 'hello') due = takeTurns(state, now, context)
  else if (!first) due = startNext(state, now, context)
  return Math.min(due, nextExpiryAt(state, context), deadline)
}
