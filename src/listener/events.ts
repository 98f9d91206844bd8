import type { RaceSummary } from '../eyeballs/race/summary.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import type { PipeEngine, PipeReason } from '../pipe/join.ts'

/** What a client speaks; `forward`: nothing, because its listener has a fixed target. */
export type ProtocolName = 'socks5' | 'socks4' | 'http' | 'forward'

/** The fields that all log lines of one connection share. */
export type ConnectionFacts = {
  /** The connection's id: short, and unique within one run of the daemon. */
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** Null until the client's first byte. */
  readonly protocol: ProtocolName | null
  /** `address:port`, or `unix` for a client on a UNIX socket. */
  readonly client: string
  /** The logged-in user; null if the listener requires no login. */
  readonly user: string | null
  /** `host:port` as requested, several targets joined by commas; null if the client sent no target. */
  readonly target: string | null
}

/** Why a connection was refused without a race. */
export type RejectReason =
  | 'protocol'
  | 'version'
  | 'auth'
  /** Logged as `auth` at debug level, so that a banned client cannot fill the log. */
  | 'banned'
  | 'command'
  | 'address'
  | 'access'
  | 'limit'
  | 'timeout'
  | 'loop'

/** The events of a connection. The listener emits them; log and metrics render them. */
export type ListenerEvent =
  | ({ readonly type: 'accepted' } & Pick<ConnectionFacts, 'conn' | 'listener' | 'client'>)
  | ({
      readonly type: 'race'
      readonly outcome: 'won' | 'failed' | 'aborted'
      /** Present if the race failed: code and message from `raceFailure`. */
      readonly error?: { readonly code: string; readonly message: string }
      /**
       * The code of the reply that was sent: 0 to 8 for SOCKS5, 90 or 91 for SOCKS4, the status for HTTP. Null
       * if none was: on a fixed forward, or to a client that had left. It is that of a success for a race that
       * failed or was aborted after the reply for its provisional winner.
       */
      readonly reply: number | null
      readonly trace: RaceTrace
      /** The summary of the trace, computed once for all readers. */
      readonly summary: RaceSummary
    } & ConnectionFacts)
  | ({
      /** A request that a target got, and its response. */
      readonly type: 'request'
      readonly method: string
      /** The path without the query, which may hold secrets. */
      readonly path: string
      /** The status of the response that the client got; null if none was begun. */
      readonly status: number | null
      /**
       * Bytes of the request's head and body as they came from the client, as far as they were read. If every
       * request of a connection was whole, these add up to its `bytesUp`.
       */
      readonly bytesUp: number
      /** Bytes of its response that the client's connection took. */
      readonly bytesDown: number
      readonly durationMs: number
    } & ConnectionFacts)
  | ({
      readonly type: 'close'
      readonly bytesUp: number
      readonly bytesDown: number
      /** Milliseconds from accept to end. */
      readonly durationMs: number
      readonly engine: PipeEngine
      readonly reason: CloseReason
    } & ConnectionFacts)
  | ({
      readonly type: 'rejected'
      readonly reason: RejectReason
      /** What was found, as text for people. It never contains a password. */
      readonly message: string
      /** True for a connection that sent nothing, and for a healthcheck: counted, but logged at debug level. */
      readonly probe: boolean
      /** The code of the reply, if one was sent. */
      readonly reply?: number
    } & ConnectionFacts)

/**
 * Why a connection ended. `revoked`: the user that it logged in as was removed, or has another password.
 */
export type CloseReason = PipeReason | 'revoked'

export type Emit = (event: ListenerEvent) => void
