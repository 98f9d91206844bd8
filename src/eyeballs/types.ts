import type { HostPort } from '../core/host-port.ts'
import type { RaceTrace } from './race/trace.ts'

/** Why a candidate may not be dialled: an access rule, or that it is one of the daemon's own listeners. */
export type DenialCode = 'ERR_ACCESS_DENIED' | 'ERR_LOOP'

/**
 * Judges one candidate before anything is sent to it: the name that was asked for together with one
 * address. `source` says where the address came from (a DNS answer is trusted less than a literal).
 *
 * @returns the reason it is denied, or undefined where it may be dialled
 */
export type Judge = (candidate: {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly source: string
}) => DenialCode | undefined

export type DialRequest = {
  /** One target, or several that are raced as one. */
  readonly targets: readonly HostPort[]
  readonly judge?: Judge
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
    }
  | {
      readonly outcome: 'failed'
      readonly reason: 'no-addresses' | 'all-failed' | 'deadline'
      readonly trace: RaceTrace
    }
  | { readonly outcome: 'aborted'; readonly trace: RaceTrace }

/** Races for one connection. */
export type Dial<S> = (request: DialRequest) => Promise<DialResult<S>>
