import type { RecordType, ReadIp } from '../../core/ip.ts'
import type { Candidate, LostReason, RaceCommand, RaceConfig } from './types.ts'

/** One lookup of the race. A later answer may replace a positive one. */
export type LookupState = {
  readonly record: RecordType
  /** Lookups of the same host have the same number. */
  readonly name: number
  status: 'pending' | 'positive' | 'negative'
  /** The answer has expired, and a refreshed answer is on its way. */
  refreshing: boolean
  candidates: readonly Candidate[]
}

/** One attempt. It is kept for the whole race, so that a later list of addresses does not try it again. */
export type Attempt = {
  readonly id: number
  readonly candidate: Candidate
  /** The name that brought its address (`LookupState.name`); null if the address was given by hand. */
  readonly name: number | null
  readonly startedAt: number
  /** failed: it never connected, or was closed after it had connected. */
  status: 'in-flight' | 'connected' | 'failed' | 'denied'
  /** False once it is known that no packet left this host for it. */
  sent: boolean
  /** It could not leave by its egress. */
  noEgress?: true
  /** When its handshake completed; absent before. */
  connectedAt?: number
}

/** An attempt whose turn it is to get the client's ClientHello. */
export type HelloTurn = {
  readonly attempt: Attempt
  /** When the ClientHello was sent; while it is still connecting, when its turn came. */
  at: number
  /** True once the ClientHello was sent; before, it is sent as soon as the attempt connects. */
  greeted: boolean
}

/**
 * The state of a race. Each member holds only the fields that exist in that state.
 *
 * - idle: created; only the first `wake` leaves this state.
 * - resolving: lookups are pending and no attempt was made; answers may be waiting for the Resolution
 *   Delay.
 * - racing: at least one attempt was started. Later answers are merged.
 * - confirming: won provisionally, with something else left to try. Later answers are merged.
 * - won, lost: over. Later events change nothing.
 */
export type RaceState =
  | { readonly name: 'idle' }
  | {
      readonly name: 'resolving'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      /** When the first addresses arrived or the first lookup was answered, positively or negatively; null before. */
      firstAnswerAt: number | null
    }
  | {
      readonly name: 'racing'
      readonly startedAt: number
      readonly lookups: readonly LookupState[]
      readonly attempts: Attempt[]
      /** All candidates in the order of the race, those already tried included. */
      plan: readonly Candidate[]
      /** The end of the Resolution Delay. */
      readonly delayEndAt: number
      /** The earliest time to retry an attempt for which no file descriptor was free; null if none waits. */
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
      /** The connected attempts in the order of their connections; the first is the provisional winner. */
      readonly connections: Attempt[]
      /** The kind of the client's first bytes, once known. */
      firstBytes: 'none' | 'hello' | 'other'
      /** The attempts whose turn for the ClientHello has come; empty before it arrived. */
      readonly helloTurns: HelloTurn[]
    }
  | { readonly name: 'won'; readonly winner: number; readonly lastAttempt: number }
  | { readonly name: 'lost'; readonly reason: LostReason; readonly lastAttempt: number }

/** The states of a race that is not over. */
export type LiveState = Extract<RaceState, { name: 'resolving' | 'racing' | 'confirming' }>
export type ResolvingState = Extract<RaceState, { name: 'resolving' }>
export type RacingState = Extract<RaceState, { name: 'racing' }>
export type ConfirmingState = Extract<RaceState, { name: 'confirming' }>
/** The states with attempts. */
export type TryingState = RacingState | ConfirmingState
export type OverState = Extract<RaceState, { name: 'won' | 'lost' }>

/** The result of a look at a state: when to look again (Infinity: only after an event), or the next state. */
export type Next = number | RaceState

/** What all parts of one machine share. */
export type RaceContext = {
  readonly config: RaceConfig
  /** Reads the addresses of candidates. */
  readonly readIp: ReadIp
  /** Appends a command to those of the current event. */
  readonly issue: (command: RaceCommand, now: number) => void
}
