import { isHidden } from './candidates.ts'
import type {
  Attempt,
  ConfirmingState,
  LiveState,
  OverState,
  RaceContext,
  TryingState,
} from './state.ts'
import type { CancelReason, LostReason } from './types.ts'

/** Cancels every attempt except one that has a socket or may still get one. */
const cancelAllBut = (
  kept: Attempt | undefined,
  attempts: readonly Attempt[],
  reason: CancelReason,
  now: number,
  { issue }: RaceContext,
): void => {
  for (const attempt of attempts) {
    const { id, status } = attempt
    if (attempt === kept || (status !== 'in-flight' && status !== 'connected')) continue
    issue({ type: 'cancel', id, reason }, now)
  }
}

const won = ({ attempts }: TryingState, winner: Attempt): OverState => ({
  name: 'won',
  winner: winner.id,
  lastAttempt: attempts.length,
})

/** Ends a race without a winner, and cancels what is in flight. */
export const lose = (
  live: LiveState,
  reason: LostReason,
  now: number,
  context: RaceContext,
): OverState => {
  const attempts = live.name === 'resolving' ? [] : live.attempts
  cancelAllBut(undefined, attempts, reason === 'deadline' ? 'deadline' : 'aborted', now, context)
  context.issue({ type: 'lost', reason }, now)
  return { name: 'lost', reason, lastAttempt: attempts.length }
}

/** RFC 8305 section 5: one winner; the other attempts are cancelled, and untried addresses stay untried. */
export const win = (
  state: TryingState,
  winner: Attempt,
  now: number,
  context: RaceContext,
): OverState => {
  cancelAllBut(winner, state.attempts, 'won', now, context)
  const hidden = isHidden(winner, state, context.config, context.readIp)
  context.issue({ type: 'won', id: winner.id, hidden }, now)
  return won(state, winner)
}

/** Ends a race that was won provisionally; all other attempts are reset, whatever their state. */
export const join = (
  state: ConfirmingState,
  winner: Attempt,
  reason: 'won' | 'unconfirmed',
  now: number,
  context: RaceContext,
): OverState => {
  cancelAllBut(winner, state.attempts, reason, now, context)
  const hidden = isHidden(winner, state, context.config, context.readIp)
  context.issue({ type: 'joined', id: winner.id, hidden }, now)
  return won(state, winner)
}
