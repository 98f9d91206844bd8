import type { Account } from '../auth/accounts.ts'
import type { VerifyLogin } from '../auth/create-verify-login.ts'
import type { FailureOutcome } from '../core/judge.ts'
import type { HostPort } from '../core/host-port.ts'
import type { SocketEnd } from '../core/stream-socket.ts'
import type { RequestTarget } from '../wire/http/request-target.ts'
import type { RequestHead } from '../wire/http/wire.ts'
import type { ProxyVersion } from '../wire/proxy-protocol/encode-header.ts'
import type { Closing } from './close-client.ts'
import type { ProtocolName, RejectReason } from './events.ts'

/** How a session ends without a race. */
export type Rejection = {
  readonly reason: RejectReason
  readonly message: string
  readonly closing: Closing
  /** The code of the reply in the answer, if there is one (`ListenerEvent`). */
  readonly reply?: number
}

/** A protocol's answer to a client that is connected. */
export type Success = {
  readonly bytes: Uint8Array
  /** The code of the reply in the bytes, if there is one. */
  readonly reply?: number
}

/** Why a client gets no connection: for the protocol's answer and for the text in it. */
export type ClientFailure = {
  readonly outcome: FailureOutcome
  /** The code of the log line: an errno, the code of a failed lookup, or an ERR_ code. */
  readonly code: string
  /** For people. It may contain addresses of attempts. */
  readonly message: string
}

/** The first request of a connection that forwards HTTP requests. */
export type FirstRequest = {
  readonly head: RequestHead
  readonly asked: RequestTarget
  /** What the client sent after the head. */
  readonly rest: Uint8Array
}

/** A connection as its protocol sees it. Calls after the end of the session do nothing. */
export type Session = {
  /** The key by which resources are shared fairly among clients. */
  readonly client: string
  /** Whether the client is on this host: on loopback or on a UNIX socket. */
  readonly isLocal: boolean
  /**
   * Replaces the protocol, once its first byte is known.
   *
   * @param bytes all bytes so far; the new protocol receives and owns them
   */
  readonly become: (name: ProtocolName, create: CreateProtocol, bytes: Uint8Array) => void
  readonly send: (bytes: Uint8Array) => void
  /** Stops reading until the handshake is over. */
  readonly pause: () => void
  /** Cancels the handshake timeout, when the session itself delays its answer. */
  readonly stopTimer: () => void
  readonly loggedIn: (account: Account) => void
  /**
   * Ends the handshake: the targets are raced, and the client is connected to the winner.
   *
   * @param early what the client sent after its request; the session owns it from now on
   * @param proxyVersion the version of the PROXY protocol by which the target gets the client's address,
   *   before anything that the client sends; null (default): it does not
   */
  readonly request: (
    targets: readonly HostPort[],
    early?: Uint8Array,
    proxyVersion?: ProxyVersion | null,
  ) => void
  /**
   * Ends the handshake: this request, which is not checked yet, and those behind it are forwarded.
   *
   * @param verify checks logins; null if no login is required
   */
  readonly forward: (first: FirstRequest, verify: VerifyLogin | null) => void
  readonly reject: (rejection: Rejection) => void
  /** Whether the client has sent FIN, no matter what it sent before. */
  readonly clientEnded: () => boolean
}

/** The part of a session that differs between protocols. One instance serves one session. */
export type Protocol = {
  /** Called once, when the session is set up; may request a target at once. */
  readonly begin: () => void
  /** Receives bytes from the client before the request; the protocol owns them. */
  readonly receive: (bytes: Uint8Array) => void
  /** The client has sent FIN before the request; it may still read. */
  readonly ended: () => void
  /** Returns the reason for the log if a client leaves or times out before its request. */
  readonly gone: (why: 'left' | 'timeout') => Pick<Rejection, 'reason' | 'message'>
  /** Whether a client that leaves now only checked that the listener answers. */
  readonly probe: () => boolean
  /** The handshake is over: the protocol must cancel its timers and its verification. */
  readonly stop: () => void
  /** Whether a FIN with no bytes after the request means that the client has left; if false, it is a half-close. */
  readonly finEndsRace: boolean
  /**
   * Returns the answer for a winner; null: no answer.
   *
   * @param local the connection's end on this host
   * @param remote the target's end
   */
  readonly success: (local: SocketEnd, remote: SocketEnd) => Success | null
  /** Returns the answer to a client that gets no connection. */
  readonly failure: (failure: ClientFailure) => Pick<Rejection, 'closing' | 'reply'>
}

/** Creates the protocol of one session. */
export type CreateProtocol = (session: Session) => Protocol
