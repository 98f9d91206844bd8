import type { RaceSummary } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/trace.ts'
import type { PipeEngine, PipeReason } from '../pipe/types.ts'

/** What all lines of one connection have in common. */
export type ConnectionFacts = {
  /** Short and unique within one run of the daemon. */
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** `address:port`, or `unix` for a client on a UNIX socket. */
  readonly client: string
  /** The user who logged in; null where nobody had to. */
  readonly user: string | null
  /** `host:port` as it was asked for; several targets are joined by commas; null where the client never said. */
  readonly target: string | null
}

/** Why a connection got no race. */
export type RejectReason =
  'protocol' | 'version' | 'auth' | 'command' | 'address' | 'access' | 'limit' | 'timeout' | 'loop'

/** What can happen to a connection. The listener emits; log and metrics render. */
export type ListenerEvent =
  | ({ readonly type: 'accepted' } & Pick<ConnectionFacts, 'conn' | 'listener' | 'client'>)
  | ({
      readonly type: 'race'
      readonly outcome: 'won' | 'failed' | 'aborted'
      /** Present where the race failed: its headline, from `raceFailure`. */
      readonly error?: { readonly code: string; readonly message: string }
      /**
       * The SOCKS reply code sent; null where none was: on a fixed forward, or to a client that had left.
       * 0 for a race that failed, or was aborted, after its provisional winner had been told.
       */
      readonly reply: number | null
      readonly trace: RaceTrace
      /** Of the trace, made once for all that read it. */
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
      /** For people: what was found. Never holds a password. */
      readonly message: string
      /** True for a connection that sent nothing and for a healthcheck: counted, logged at debug. */
      readonly probe: boolean
      /** The SOCKS reply code sent, where one was. */
      readonly reply?: number
    } & ConnectionFacts)

export type Emit = (event: ListenerEvent) => void
