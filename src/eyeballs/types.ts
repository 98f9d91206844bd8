import type { Requester } from '../core/requester.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Judge } from '../core/judge.ts'
import type { RaceTrace, TraceEntry } from './race/types.ts'

/** The first connection of a race that is to be confirmed; the client may get its reply. */
export type Provisional = {
  readonly address: string
  readonly port: number
  readonly local: { readonly address: string; readonly port: number }
}

/**
 * Called once, when the first attempt of a race with `confirm` has connected while there are others to try.
 * It sends the client its reply, and then reports the client's first bytes: a whole ClientHello without
 * early data and with nothing after it, or null for anything else.
 *
 * @param settle called at most once, possibly before the call returns; a call after the race is ignored
 */
export type Confirm = (provisional: Provisional, settle: (hello: Uint8Array | null) => void) => void

export type DialRequest = {
  /** One target, or several that are raced together. */
  readonly targets: readonly HostPort[]
  readonly judge?: Judge
  /** Whether a permit of the judge may choose another path; the history is then not applied to that attempt. */
  readonly hasPaths?: boolean
  /** Required if the dialer's `confirm` is `tls`; without it no race is confirmed. */
  readonly confirm?: Confirm
  /**
   * Bytes that precede the client's on every connection that carries any. The race sends them only on
   * connections that it has to confirm, to the first one at once; the winner's result shows whether it did.
   */
  readonly preface?: Uint8Array
  /**
   * Called with each step of the trace. If it throws, the race ends, `Dial` rejects with that error, and
   * nothing stays open.
   */
  readonly onTrace?: (entry: TraceEntry) => void
  /** The requester of the lookups, which leaves at the end of the race. Default: this process. */
  readonly requester?: Requester
  /** Ends the race: its attempts are cancelled before the promise settles. */
  readonly signal?: AbortSignal
}

/** The result of a race. Failure is a result, too: only a bug makes the promise reject. */
export type DialResult<S> =
  | {
      readonly outcome: 'won'
      /**
       * The caller owns it and must close it. It is paused, and nothing has been sent on it except the
       * preface and `greetedBytes`.
       */
      readonly socket: S
      readonly address: string
      readonly port: number
      readonly local: { readonly address: string; readonly port: number }
      readonly trace: RaceTrace
      /**
       * Number of the client's bytes that the target has already received, if a ClientHello confirmed the
       * race; absent: none.
       */
      readonly greetedBytes?: number
      /** True if the target has already received the request's preface; absent: not. */
      readonly prefaced?: true
    }
  | {
      readonly outcome: 'failed'
      readonly reason: 'no-addresses' | 'all-failed' | 'deadline'
      readonly trace: RaceTrace
      /** The system's errors, by the attempt's number from 1. */
      readonly errors: ReadonlyMap<number, Error>
    }
  | { readonly outcome: 'aborted'; readonly trace: RaceTrace }

/** Runs a race for one connection. */
export type Dial<S> = (request: DialRequest) => Promise<DialResult<S>>

/** Ends a race whose requester has left, before the call returns; does nothing if the race is over. */
export type LeaveRace = () => void

/**
 * `Dial` without a promise or a signal, for callers that start thousands of races: results that are known
 * at once are delivered at once.
 *
 * @param settle called once, possibly before the call returns
 * @param broken called instead for a bug in the engine, or if `onTrace` threw
 */
export type BeginRace<S> = (
  request: DialRequest,
  settle: (result: DialResult<S>) => void,
  broken: (error: unknown) => void,
) => LeaveRace

/** A race that shares file descriptors with others. */
export type BudgetedRace = {
  /** A descriptor may be free again: the race asks for one again, before the call returns or soon after. */
  readonly retry: () => void
  /**
   * The race gives up its oldest attempts until six are left. It releases their descriptors before the call
   * returns, or right afterwards if it is handling another event.
   */
  readonly giveUp: () => void
}

/** One race's share of the budget. */
export type BudgetShare = {
  /**
   * Takes a descriptor for one more attempt.
   *
   * @returns false if none is free; `retry` is then called when one may be
   */
  readonly take: () => boolean
  /** Releases one descriptor. */
  readonly release: () => void
  /** The race is over. It has released everything, and asks for nothing more. */
  readonly leave: () => void
}

/**
 * Divides among races the file descriptors that they use beyond the one that each connection needs for its
 * target anyway.
 */
export type AttemptBudget = {
  /** Called when a race wants its second concurrent attempt. Races are ordered by age from this call. */
  readonly join: (race: BudgetedRace) => BudgetShare
}
