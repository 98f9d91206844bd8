import type { Asker } from '../core/asker.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Judge } from '../core/judge.ts'
import type { RaceTrace, TraceEntry } from './race/trace.ts'

/** The first connection of a race that is to be confirmed: the client may be told of it. */
export type Provisional = {
  readonly address: string
  readonly port: number
  readonly local: { readonly address: string; readonly port: number }
}

/**
 * Called once, when the first attempt of a race with `confirm` has connected while there are others
 * to try. It tells the client, and then what the client's first bytes are: a whole ClientHello without
 * early data and with nothing behind it, or null where they are anything else.
 *
 * @param settle called once at most, maybe before the call returns; what comes after the race is ignored
 */
export type Confirm = (provisional: Provisional, settle: (hello: Uint8Array | null) => void) => void

export type DialRequest = {
  /** One target, or several that are raced as one. */
  readonly targets: readonly HostPort[]
  readonly judge?: Judge
  /** Needed where the dialer's `confirm` is `tls`; without it no race is confirmed. */
  readonly confirm?: Confirm
  /** Gets each step of the trace as it is made. What it throws ends the race: `Dial` rejects with it, nothing is left open. */
  readonly onTrace?: (entry: TraceEntry) => void
  /** Who asks for the names. It leaves when the race is over. The process itself where absent. */
  readonly asker?: Asker
  /** Ends the race: its attempts are cancelled before the promise settles. */
  readonly signal?: AbortSignal
}

/** How a race ended. It never rejects but for a bug: failure is an outcome with its parts kept. */
export type DialResult<S> =
  | {
      readonly outcome: 'won'
      /** The caller's from now on: it must close it. It is paused, and nothing has been sent on it. */
      readonly socket: S
      readonly address: string
      readonly port: number
      readonly local: { readonly address: string; readonly port: number }
      readonly trace: RaceTrace
      /** Bytes of the client that the target has had already, where the race was confirmed by a ClientHello; absent: none. */
      readonly greetedBytes?: number
    }
  | {
      readonly outcome: 'failed'
      readonly reason: 'no-addresses' | 'all-failed' | 'deadline'
      readonly trace: RaceTrace
      /** The system's own errors, by the attempt's number (from 1), where there were any. */
      readonly errors: ReadonlyMap<number, Error>
    }
  | { readonly outcome: 'aborted'; readonly trace: RaceTrace }

/** Races for one connection. */
export type Dial<S> = (request: DialRequest) => Promise<DialResult<S>>

/** Ends a race whose asker has left, before the call returns; one that is over it leaves alone. */
export type LeaveRace = () => void

/**
 * The same without a promise, and without need of a signal, for one who begins thousands of races: what is known at
 * once is used at once.
 *
 * @param settle called once, maybe before the call returns
 * @param broken called instead where the engine itself has a fault, or where `onTrace` threw
 */
export type BeginRace<S> = (
  request: DialRequest,
  settle: (result: DialResult<S>) => void,
  broken: (error: unknown) => void,
) => LeaveRace

/** A race that shares file descriptors with others. */
export type BudgetedRace = {
  /** A descriptor may be free again: the race asks for it once more, before the call returns or soon after. */
  readonly retry: () => void
  /**
   * The race gives up its oldest attempts, until it has six. It releases what they had before the call
   * returns, or, where the race is in the middle of something of its own, right after that.
   */
  readonly giveUp: () => void
}

/** What one race has of a budget. */
export type BudgetShare = {
  /**
   * Takes a descriptor for one attempt more beside those that the race has.
   *
   * @returns false where none is free; `retry` is then to be called when one may be
   */
  readonly take: () => boolean
  /** Gives one of those taken back. */
  readonly release: () => void
  /** The race is over. It has released all that it took, and asks for nothing any more. */
  readonly leave: () => void
}

/**
 * Shares out the file descriptors that races use beyond the one that each connection has for its
 * target in any case.
 */
export type AttemptBudget = {
  /** A race wants its second attempt beside the first. Those that have joined first are the oldest. */
  readonly join: (race: BudgetedRace) => BudgetShare
}
