import type { IsOwnListener } from '../access/own-listeners.ts'
import type { Access, FullNames } from '../access/types.ts'
import type { VerifyLogin } from '../auth/types.ts'
import type { Cidr } from '../core/cidr.ts'
import type { Clock } from '../core/clock.ts'
import type { FailureOutcome } from '../core/failure-outcome.ts'
import type { HostPort } from '../core/host-port.ts'
import type { SocketEnd } from '../core/socket-end.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { BeginRace } from '../eyeballs/types.ts'
import type { Join } from '../pipe/types.ts'
import type { Admission } from './admission.ts'
import type { Emit, RejectReason } from './events.ts'
import type { Greetings } from './greeting-types.ts'
import type { LiveSessions } from './live-sessions.ts'

/** What a listener does with those who connect. */
export type Policy = {
  readonly name: string
  /** Clients allowed to connect; null: all that can reach the address. Clients of a UNIX socket are not asked. */
  readonly clients: readonly Cidr[] | null
} & (
  | {
      readonly protocol: 'socks'
      /** Checks logins; null: nobody has to log in. */
      readonly verify: VerifyLogin | null
    }
  | {
      readonly protocol: 'forward'
      /** One, or several that are raced as one. */
      readonly targets: readonly HostPort[]
    }
)

/** Waits, in milliseconds. */
export type Waits = {
  /** From accept to a complete request, however the bytes trickle in. */
  readonly handshakeTimeoutMs: number
  /** How long a failed login waits for its answer; 0: none. */
  readonly authFailureDelayMs: number
  readonly idleTimeoutMs: number
  readonly halfCloseTimeoutMs: number
}

/** What the listeners of a daemon share. */
export type ListenerParts = {
  readonly clock: Clock
  readonly race: BeginRace<StreamSocket>
  readonly join: Join
  readonly emit: Emit
  /** Makes the id of the next connection, from `createConnectionIds`. */
  readonly nextId: () => string
  readonly admission: Admission
  readonly access: Access
  readonly fullNames: FullNames
  readonly isOwnListener: IsOwnListener
  readonly sessions: LiveSessions
  /** Answers greetings of clients of this host that are turned away. */
  readonly greetings: Greetings
  /** Whether an address, as `Peer.key` has it, is one of this host's. */
  readonly isLocalAddress: (address: string) => boolean
  readonly waits: Waits
}

/** What to do with a client that gets no connection: answer it and close, reset it so that it sees an error, or just close. */
export type Farewell = { readonly answer: Uint8Array } | 'reset' | 'close'

export type Rejection = {
  readonly reason: RejectReason
  readonly message: string
  readonly farewell: Farewell
  /** Present where the answer is, or holds, a SOCKS reply. */
  readonly reply?: number
}

/** How a protocol tells a client that it is connected. */
export type Success = {
  readonly bytes: Uint8Array
  /** The SOCKS reply among them, where there is one. */
  readonly reply?: number
}

/** One connection, as its protocol sees it. What is called after the session is over does nothing. */
export type Session = {
  /** Whose share of the process's work it takes. */
  readonly client: () => string
  /** Writes to the client. */
  readonly send: (bytes: Uint8Array) => void
  /** Stops reading until the handshake is over. */
  readonly pause: () => void
  /** Ends the handshake's timer before its time, where the wait is now the session's own doing. */
  readonly stopTimer: () => void
  readonly loggedIn: (user: string) => void
  /**
   * Ends the handshake: the targets are raced, and joined to the client.
   *
   * @param early what the client sent behind its request; the session's from now on
   */
  readonly request: (targets: readonly HostPort[], early?: Uint8Array) => void
  readonly reject: (rejection: Rejection) => void
  /** Whether the client has closed its side, with whatever it sent before. */
  readonly clientEnded: () => boolean
}

/** What differs between protocols. Each is made for one session. */
export type Protocol = {
  /** Called once, when the session reads and its timer runs. */
  readonly begin: () => void
  /** Bytes from the client before the request; they are the protocol's. */
  readonly receive: (bytes: Uint8Array) => void
  /** The client has closed its side before the request; nothing more comes, but it may still read. */
  readonly ended: () => void
  /** The client is gone, or took too long: why, before the request. */
  readonly gone: (why: 'left' | 'timeout') => Pick<Rejection, 'reason' | 'message'>
  /** True where a client that leaves now only looked whether somebody is there. */
  readonly probe: () => boolean
  /** The handshake is over, one way or the other: what waits, waits in vain. */
  readonly stop: () => void
  /** A FIN with nothing behind the request means that the client is gone; else it is half-close. */
  readonly finEndsRace: boolean
  /** What the client is told of the winner, by its local end; null: nothing. */
  readonly success: (local: SocketEnd) => Success | null
  /** What a client is told that gets no connection, and the SOCKS reply in it, where there is one. */
  readonly failure: (outcome: FailureOutcome) => Pick<Rejection, 'farewell' | 'reply'>
}

/** Makes a protocol for one session. */
export type CreateProtocol = (session: Session) => Protocol
