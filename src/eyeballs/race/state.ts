import type { RecordType } from '../../core/family.ts'
import type { Candidate, LostReason, RaceCommand, RaceConfig } from './types.ts'

/** One lookup as the race sees it. A positive one may be replaced by a later answer. */
export type LookupState = {
  readonly record: RecordType
  /** The lookups of one host have the same number here. */
  readonly name: number
  status: 'pending' | 'positive' | 'negative'
  /** It was answered by what has expired, and a newer answer is on its way. */
  refreshing: boolean
  candidates: readonly Candidate[]
}

/** One attempt. It is never forgotten: a later list of addresses must not try it again. */
export type Attempt = {
  readonly id: number
  readonly candidate: Candidate
  /** The name that brought its address (`LookupState.name`); null where it was given by hand. */
  readonly name: number | null
  readonly startedAt: number
  /** failed: it never connected, or was closed after it had. */
  status: 'in-flight' | 'connected' | 'failed' | 'denied'
  /** False once it is known that no packet left this host for it. */
  sent: boolean
  /** When its handshake was done; absent before. */
  connectedAt?: number
}

/** An attempt that the client's ClientHello is for, in its turn. */
export type Call = {
  readonly attempt: Attempt
  /** When it was greeted; while it still connects, since when it is waited for. */
  at: number
  /** It has the ClientHello; before that, it gets it as soon as it connects. */
  greeted: boolean
}

/**
 * Where a race stands. Each member holds only what exists in it.
 *
 * - idle: made, not begun; only the first `wake` leads out.
 * - resolving: lookups are out and nothing has been tried; answers may be waiting for the Resolution Delay.
 * - racing: at least one attempt was started. Answers still come in and are merged.
 * - confirming: won provisionally, and there is something else to try. Answers still come in.
 * - won, lost: over. What comes now is late and changes nothing.
 */
export type RaceState =
  | { readonly name: 'idle' }
  | {
      readonly name: 'resolving'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      /** When the first addresses came or the first lookup was answered, positively or not; null before. */
      firstAnswerAt: number | null
    }
  | {
      readonly name: 'racing'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      readonly attempts: Attempt[]
      /** All candidates in the order of the race, those tried included. */
      plan: readonly Candidate[]
      /** When the Resolution Delay is over. */
      readonly delayEndAt: number
      /** Before when an attempt that no file descriptor was free for is not tried again; null: none waits for one. */
      deferredUntil: number | null
    }
  | {
      readonly name: 'confirming'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      readonly attempts: Attempt[]
      plan: readonly Candidate[]
      readonly delayEndAt: number
      deferredUntil: number | null
      /** The attempts that have connected, in that order; the provisional winner is the first. */
      readonly connections: Attempt[]
      /** What the client's first bytes are, once that is known. */
      said: 'nothing' | 'hello' | 'other'
      /** Whom the ClientHello has been for so far; empty before it came. */
      readonly calls: Call[]
    }
  | { readonly name: 'won'; readonly winner: number; readonly lastAttempt: number }
  | { readonly name: 'lost'; readonly reason: LostReason; readonly lastAttempt: number }

/** The states in which something can still happen. */
export type LiveState = Extract<RaceState, { name: 'resolving' | 'racing' | 'confirming' }>
export type ResolvingState = Extract<RaceState, { name: 'resolving' }>
export type RacingState = Extract<RaceState, { name: 'racing' }>
export type ConfirmingState = Extract<RaceState, { name: 'confirming' }>
/** The states that have attempts. */
export type TryingState = RacingState | ConfirmingState
export type OverState = Extract<RaceState, { name: 'won' | 'lost' }>

/** What a look at a state comes to: when to look again (Infinity: not by the clock), or the state that follows. */
export type Next = number | RaceState

/** What all parts of one machine work with. */
export type RaceContext = {
  readonly config: RaceConfig
  /** Puts a command behind those that this event has brought so far. */
  readonly issue: (command: RaceCommand, now: number) => void
}
