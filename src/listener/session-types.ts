import type { IsOwnListener } from '../access/own-listeners.ts'
import type { Access, FullNames } from '../access/types.ts'
import type { VerifyLogin } from '../auth/create-verify-login.ts'
import type { Cidr } from '../core/cidr.ts'
import type { Clock } from '../core/clock.ts'
import type { HostPort } from '../core/host-port.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { BeginRace } from '../eyeballs/types.ts'
import type { Join } from '../pipe/join.ts'
import type { KeptTargets } from '../pipe/kept-targets.ts'
import type { ProxyVersion } from '../wire/proxy-protocol/encode-header.ts'
import type { Admission } from './admission.ts'
import type { Bans } from './bans.ts'
import type { Emit } from './events.ts'
import type { Greetings } from './greetings.ts'
import type { LiveSessions } from './live-sessions.ts'
import type { RequestServer } from './protocols/http/request-server.ts'

/** How a listener serves its clients. */
export type Policy = {
  readonly name: string
  /**
   * Clients that may connect; null: all. Clients of a UNIX socket are not checked. Like those of
   * `balancers`, no prefix is IPv4-mapped: the addresses are not, either.
   */
  readonly clients: readonly Cidr[] | null
  /** Load balancers, whose connections begin with a PROXY protocol header; null: none. */
  readonly balancers: readonly Cidr[] | null
} & (
  | {
      /** What its clients may speak; `mixed` is all of it. */
      readonly protocol: 'mixed' | 'socks' | 'http'
      /** Checks logins; null if no login is required. */
      readonly verify: VerifyLogin | null
    }
  | {
      readonly protocol: 'forward'
      /** One target, or several that race together. */
      readonly targets: readonly HostPort[]
      /** The version of the PROXY protocol that the targets expect; null: none. */
      readonly proxyVersion: ProxyVersion | null
    }
)

/** Timeouts and delays, in milliseconds. */
export type Waits = {
  /** From accept to a complete request, no matter how slowly the bytes arrive. */
  readonly handshakeTimeoutMs: number
  /** Delay before the answer to a failed login; 0: none. */
  readonly authFailureDelayMs: number
  readonly idleTimeoutMs: number
  readonly halfCloseTimeoutMs: number
}

/** What a listener requires of each request of a connection that stays open over a reload. */
export type Requirements = Pick<Policy, 'clients'> & { readonly isLoginRequired: boolean }

/** What a listener works with. A reload changes the object in place, so its fields are read at each use. */
export type ListenerParts = {
  readonly clock: Clock
  readonly race: BeginRace<StreamSocket>
  readonly join: Join
  /** Keepalive for connections to targets that `join` does not get; it sets that of the others itself. */
  readonly keptTargets: KeptTargets
  readonly emit: Emit
  /** Creates the id of the next connection, from `createConnectionIds`. */
  readonly nextId: () => string
  readonly admission: Admission
  readonly bans: Bans
  readonly access: Access
  readonly fullNames: FullNames
  readonly isOwnListener: IsOwnListener
  readonly sessions: LiveSessions
  /** What a listener of HTTP clients requires now; null if there is none of this name. */
  readonly requirements: (listener: string) => Requirements | null
  /** `node:http`, for the clients that forward HTTP requests. */
  readonly requestServer: RequestServer
  /** Answers refused clients on this host. */
  readonly greetings: Greetings
  /** Whether an address, in the form of `Peer.key`, belongs to this host. */
  readonly isLocalAddress: (address: string) => boolean
  readonly waits: Waits
}

/** What protocols use of them. */
export type ProtocolParts = {
  readonly clock: Clock
  readonly waits: Pick<Waits, 'authFailureDelayMs'>
}
