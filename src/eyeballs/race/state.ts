import type { RecordType } from '../../core/family.ts'
import type { Candidate, LostReason } from './types.ts'

/** One lookup as the race sees it. A positive one may be replaced by a later answer. */
export type LookupState = {
  readonly record: RecordType
  status: 'pending' | 'positive' | 'negative'
  candidates: readonly Candidate[]
}

/** One attempt. It is never forgotten: a later list of addresses must not try it again. */
export type Attempt = {
  readonly id: number
  readonly candidate: Candidate
  readonly startedAt: number
  status: 'in-flight' | 'failed' | 'denied'
  /** False once it is known that no packet left this host for it. */
  sent: boolean
}

/**
 * Where a race stands. Each member holds only what exists in it.
 *
 * - idle: made, not begun; only the first `wake` leads out.
 * - resolving: lookups are out and nothing has been tried; answers may be waiting for the Resolution Delay.
 * - racing: at least one attempt was started. Answers still come in and are merged.
 * - won, lost: over. What comes now is late and changes nothing.
 */
export type RaceState =
  | { readonly name: 'idle' }
  | {
      readonly name: 'resolving'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      /** When the first lookup was answered, positively or not; null before. */
      firstAnswerAt: number | null
    }
  | {
      readonly name: 'racing'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      readonly attempts: Attempt[]
      /** All candidates in the order of the race, those tried included (rule H9). */
      plan: readonly Candidate[]
    }
  | { readonly name: 'won'; readonly winner: number; readonly lastAttempt: number }
  | { readonly name: 'lost'; readonly reason: LostReason; readonly lastAttempt: number }

/** The states in which something can still happen. */
export type LiveState = Extract<RaceState, { name: 'resolving' | 'racing' }>
export type RacingState = Extract<RaceState, { name: 'racing' }>
