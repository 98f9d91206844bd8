import type { RaceSummary } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import type { PipeEngine, PipeReason } from '../pipe/join.ts'

/** The fields that all log lines of one connection share. */
export type ConnectionFacts = {
  /** The connection's id: short, and unique within one run of the daemon. */
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** `address:port`, or `unix` for a client on a UNIX socket. */
  readonly client: string
  /** The logged-in user; null if the listener requires no login. */
  readonly user: string | null
  /** `host:port` as requested, several targets joined by commas; null if the client sent no target. */
  readonly target: string | null
}

/** Why a connection was refused without a race. */
export type RejectReason =
  'protocol' | 'version' | 'auth' | 'command' | 'address' | 'access' | 'limit' | 'timeout' | 'loop'

/** The events of a connection. The listener emits them; log and metrics render them. */
export type ListenerEvent =
  | ({ readonly type: 'accepted' } & Pick<ConnectionFacts, 'conn' | 'listener' | 'client'>)
  | ({
      readonly type: 'race'
      readonly outcome: 'won' | 'failed' | 'aborted'
      /** Present if the race failed: code and message from `raceFailure`. */
      readonly error?: { readonly code: string; readonly message: string }
      /**
       * The SOCKS reply code that was sent; null if none was: on a fixed forward, or to a client that had
       * left. It is 0 for a race that failed or was aborted after the reply for its provisional winner.
       */
      readonly reply: number | null
      readonly trace: RaceTrace
      /** The summary of the trace, computed once for all readers. */
      readonly summary: RaceSummary
    } & ConnectionFacts)
  | ({
      readonly type: 'close'
      readonly bytesUp: number
      readonly bytesDown: number
      /** Milliseconds from accept to end. */
      readonly durationMs: number
      readonly engine: PipeEngine
      readonly reason: PipeReason
    } & ConnectionFacts)
  | ({
      readonly type: 'rejected'
      readonly reason: RejectReason
      /** What was found, as text for people. It never contains a password. */
      readonly message: string
      /** True for a connection that sent nothing and for a healthcheck: counted, but logged at debug level. */
      readonly probe: boolean
      /** The SOCKS reply code, if one was sent. */
      readonly reply?: number
    } & ConnectionFacts)

export type Emit = (event: ListenerEvent) => void
