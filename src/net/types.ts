import type { Family } from '../core/family.ts'
import type { SocketEnd } from '../core/socket-end.ts'

/** One address to connect to: an IP literal in canonical text (with zone where it has one) and a TCP port. */
export type Endpoint = { readonly address: string; readonly family: Family; readonly port: number }

export type Connected<S> = {
  readonly ok: true
  /** Now the caller's: it must close it, or give it back by `reset`. It is paused and has an error listener of its own. */
  readonly socket: S
  /** The local end. */
  readonly local: SocketEnd
}

export type NotConnected = {
  readonly ok: false
  /** The errno's name, `ECONNREFUSED` and the like. */
  readonly code: string
  readonly message: string
  /** False where the attempt failed inside this host, before a packet could leave (no route, no local address). */
  readonly sent: boolean
  /** The system's own error, where there is one. */
  readonly error?: Error
}

/**
 * Begins one connection attempt to one literal. `settle` is called exactly once, never before
 * `connect` has returned, unless the attempt is cancelled first: then it is never called.
 *
 * @returns cancels the attempt: its socket is gone from the system when the call returns, nothing is left in SYN_SENT.
 * True where the connection had been made and only `settle` was still to come: it was reset, and
 * carried no byte. After `settle`, or called again, it does nothing and returns false.
 */
export type Connect<S> = (
  endpoint: Endpoint,
  settle: (result: Connected<S> | NotConnected) => void,
) => () => boolean

/**
 * What the dialer needs of the network; `S` is a connected socket, which it only passes on. What takes
 * a socket back is written as a method: it gets none but the network's own, so a network of Node's
 * sockets serves where `StreamSocket`s are wanted.
 */
export type Network<S> = {
  readonly connect: Connect<S>
  /** Ends a connection that nobody wants by RST, so that it leaves no TIME_WAIT and carries no byte. Takes the socket over. */
  reset(socket: S): void
  /** What destination ordering needs to know of this host for one destination. It never rejects. */
  readonly source: (address: string) => Promise<SourceAddress> | SourceAddress
  /** Which families have connectivity at all, and which is preferred (draft-ietf-happy-happyeyeballs-v3 sections 4.1 and 4.2). */
  readonly connectivity: () => Promise<Connectivity> | Connectivity
  /** Another number than before: this host has moved (the addresses by which it reaches others have changed), and what was learnt of the network is void (RFC 8305 section 4). */
  readonly epoch: () => number
  /** The unique local addresses (fd00::/8) of this host's interfaces, canonical text. */
  readonly knownLocal: () => readonly string[]
  /**
   * Watches a connected socket that nobody reads for its target's first byte, which stays unread.
   *
   * @param settle called once: `answered` when a byte can be read, `closed` where the target closed or reset before one
   * @returns `send` writes bytes on the socket; `stop` ends the watch, and leaves the socket paused with nothing read from it
   */
  watch(socket: S, settle: (what: 'answered' | 'closed') => void): Watch
}

export type Watch = {
  readonly send: (bytes: Uint8Array) => void
  readonly stop: () => void
}

/** The address that this host would send from to a destination; `address` null where it has none or no route (RFC 6724 rule 1). */
export type SourceAddress = {
  readonly address: string | null
  /** RFC 6724 rule 3: the source is deprecated (RFC 4862 section 5.5.4). Known on Linux, false elsewhere. */
  readonly deprecated: boolean
  /** The on-link prefix length of the source, for rule 9. */
  readonly prefixLength: number
}

export type Connectivity = {
  /** Families with at least one address that is neither loopback nor link-local. Both where neither has one. */
  readonly ipv4: boolean
  readonly ipv6: boolean
  /** IPv6 where both families have a default route or neither has, else the only one that has. */
  readonly preferredFamily: Family
}
