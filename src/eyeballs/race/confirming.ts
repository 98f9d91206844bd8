import {
  descriptorDueAt,
  expireAttempts,
  hasInFlight,
  nextExpiryAt,
  startAttempt,
  startNext,
} from './attempts.ts'
import { isHidden, nextCandidate } from './candidates.ts'
import { join, lose } from './ending.ts'
import type { Attempt, ConfirmingState, Next, RaceContext, RacingState } from './state.ts'
import { deadlineAt, floorAt, isAwaiting, freeAt, turnDueAt } from './timing.ts'

/*
 * A TCP handshake can succeed although the connection does not work: a middlebox answers for a dead server,
 * or a path drops packets larger than a SYN. A race may therefore continue after its first connection,
 * until a target has answered the client's ClientHello (draft-ietf-happy-happyeyeballs-v3 section 6.1).
 * Only a ClientHello may be sent to several targets: it requests nothing, and it is not sent again once a
 * byte has come back.
 */

/** Whether there is anything left to try besides the existing connections. */
const hasOthers = (state: RacingState | ConfirmingState, { config }: RaceContext): boolean =>
  hasInFlight(state) || isAwaiting(state) || nextCandidate(state, config) !== undefined

/** Whether a race's first connection has to be confirmed; with nothing else to try, it does not. */
export const isToConfirm = (state: RacingState, context: RaceContext): boolean =>
  context.config.confirm === 'tls' && hasOthers(state, context)

/** The first connection of the race: the client gets its reply, and the race waits for the client's first bytes. */
export const winProvisionally = (
  state: RacingState,
  winner: Attempt,
  now: number,
  { config, readIp, issue }: RaceContext,
): ConfirmingState => {
  const hidden = isHidden(winner, state, config, readIp)
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
    firstBytes: 'none',
    helloTurns: [],
  }
}

/**
 * The next target for the ClientHello without a new attempt: connected attempts in the order of their
 * connections, then attempts in flight.
 */
const nextInTurn = ({
  connections,
  attempts,
  helloTurns,
}: ConfirmingState): Attempt | undefined => {
  const waits = (attempt: Attempt): boolean => helloTurns.every(turn => turn.attempt !== attempt)
  return (
    connections.find(attempt => attempt.status === 'connected' && waits(attempt)) ??
    attempts.find(attempt => attempt.status === 'in-flight' && waits(attempt))
  )
}

/** Sends the ClientHello on attempts whose turn came before they had connected, as soon as they have. */
const greet = ({ helloTurns }: ConfirmingState, now: number, { issue }: RaceContext): void => {
  for (const turn of helloTurns) {
    if (turn.greeted || turn.attempt.status !== 'connected') continue
    turn.greeted = true
    turn.at = now
    issue({ type: 'greet', id: turn.attempt.id }, now)
  }
}

/** Sends the ClientHello to the next target when its turn has come, and returns when to look again. */
const takeTurns = (state: ConfirmingState, now: number, context: RaceContext): number => {
  const { config } = context
  const { helloTurns, attempts } = state
  greet(state, now, context)
  const due = turnDueAt(helloTurns, config)
  const waiting = nextInTurn(state)
  const candidate = waiting ? undefined : nextCandidate(state, config)
  if (!waiting && !candidate) return Infinity
  if (now < due) return due
  if (candidate) {
    const startAt = Math.max(
      floorAt(attempts),
      freeAt(attempts, now, config),
      descriptorDueAt(state),
    )
    if (now < startAt) return startAt
  }
  const attempt = waiting ?? (candidate && startAttempt(state, candidate, now, context))
  if (attempt) helloTurns.push({ attempt, at: now, greeted: false })
  greet(state, now, context)
  const more = nextInTurn(state) ?? nextCandidate(state, config)
  return more ? turnDueAt(helloTurns, config) : Infinity
}

/**
 * Before the client has sent bytes, no new attempt starts unless no connection is left. A ClientHello goes
 * to one target after the other until one answers; any other bytes go to the first open connection only. An
 * idle client gets the first open connection, too, at the race's deadline or when there is nothing else to
 * try.
 */
export const confirm = (state: ConfirmingState, now: number, context: RaceContext): Next => {
  const open = state.connections.filter(({ status }) => status === 'connected')
  const [first] = open
  const deadline = deadlineAt(state, context.config)
  if (now >= deadline) {
    return first ? join(state, first, 'won', now, context) : lose(state, 'deadline', now, context)
  }
  expireAttempts(state, now, context)
  if (first && state.firstBytes === 'other') return join(state, first, 'won', now, context)
  if (!hasOthers(state, context)) {
    if (!first) return lose(state, 'all-failed', now, context)
    if (open.length === 1) return join(state, first, 'won', now, context)
  }
  let due = Infinity
  if (state.firstBytes === 'hello') due = takeTurns(state, now, context)
  else if (!first) due = startNext(state, now, context)
  return Math.min(due, nextExpiryAt(state, context), deadline)
}
