import type { EgressOverride } from '../core/egress.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Family, Ip } from '../core/ip.ts'
import type { SocketEnd } from '../core/stream-socket.ts'

/** An address to connect to, and a TCP port. */
export type Endpoint = {
  /** An IP literal in canonical text, with its zone if it has one. */
  readonly address: string
  /** `address` as a value, if it has been parsed. */
  readonly ip?: Ip
  readonly family: Family
  readonly port: number
  /** What replaces the network's own egress for this connection. */
  readonly egress?: EgressOverride
}

export type Connected<S> = {
  readonly ok: true
  /** The caller owns it, and must close it or pass it to `reset`. It is paused, and has an error listener. */
  readonly socket: S
  readonly local: SocketEnd
}

export type NotConnected = {
  readonly ok: false
  /** The errno's name, such as `ECONNREFUSED`. */
  readonly code: string
  readonly message: string
  /**
   * False if the attempt failed inside this host, before a packet could be sent (no route, no local
   * address).
   */
  readonly sent: boolean
  /**
   * True if the attempt could not leave by its egress: the egress does not use the family, or this host
   * lacks its source address or interface. It says nothing about the target.
   */
  readonly noEgress?: true
  /** The system's error, if there is one. */
  readonly error?: Error
}

/**
 * Begins one connection attempt to one IP literal. `settle` is called exactly once, never before `connect`
 * has returned; after a cancellation it is never called.
 *
 * @returns cancels the attempt: its socket is closed when the call returns, so none stays in SYN_SENT. True
 *   if the connection was already established and only `settle` was pending: it was reset without carrying
 *   a byte. After `settle`, or when called again, it does nothing and returns false.
 */
export type Connect<S> = (
  endpoint: Endpoint,
  settle: (result: Connected<S> | NotConnected) => void,
) => () => boolean

/**
 * The dialer's interface to the network; `S` is a connected socket, which the dialer only passes on.
 * Functions that take a socket are declared as methods (bivariant parameters): they only get the network's
 * own sockets, so a network of Node's sockets can serve where `StreamSocket`s are expected.
 */
export type Network<S> = {
  readonly connect: Connect<S>
  /**
   * Closes an unused connection by RST, so that it leaves no TIME_WAIT and carries no byte. Takes ownership
   * of the socket.
   */
  reset(socket: S): void
  /** Looks up the source address for a destination, for destination address selection. It never rejects. */
  readonly source: (address: string) => Promise<SourceAddress> | SourceAddress
  /**
   * Which families have connectivity, and which is preferred (draft-ietf-happy-happyeyeballs-v3 sections
   * 4.1 and 4.2).
   */
  readonly connectivity: () => Promise<Connectivity> | Connectivity
  /**
   * Changes when this host has moved to another network (the addresses by which it reaches others have
   * changed): what was learnt about the network is then void (RFC 8305 section 4).
   */
  readonly epoch: () => number
  /** The unique local addresses (fd00::/8) of this host's interfaces, canonical text. */
  readonly knownLocal: () => readonly string[]
  /**
   * Watches a connected socket, which nobody reads, for its target's first byte. The byte stays unread.
   *
   * @param settle called once: `answered` when a byte can be read, `closed` if the target closed or reset
   *   the connection before one
   * @returns `send` writes bytes to the socket; `stop` ends the watch, and leaves the socket paused and
   *   unread
   */
  watch(socket: S, settle: (what: 'answered' | 'closed') => void): Watch
}

export type Watch = {
  readonly send: (bytes: Uint8Array) => void
  readonly stop: () => void
}

/**
 * The source address of this host for a destination; `address` is null without an address or a route (RFC
 * 6724 rule 1).
 */
export type SourceAddress = {
  readonly address: string | null
  /** The source is deprecated (RFC 6724 rule 3; RFC 4862 section 5.5.4). Known on Linux, false elsewhere. */
  readonly deprecated: boolean
  /** The on-link prefix length of the source (RFC 6724 rule 9). */
  readonly prefixLength: number
}

export type Connectivity = {
  /**
   * The family has an address that is neither loopback nor link-local. Both are true if neither family has
   * one.
   */
  readonly ipv4: boolean
  readonly ipv6: boolean
  /** IPv6 if both families or neither have a default route, else the family that has one. */
  readonly preferredFamily: Family
}

/**
 * A failed attempt, with a message like those of Node's errors: `connect ECONNREFUSED 192.0.2.1:80`.
 *
 * @param sent false if no packet can have been sent
 * @param error the system's error, if there is one
 */
export const notConnected = (
  { address, port }: Endpoint,
  code: string,
  sent: boolean,
  error?: Error,
): NotConnected => ({
  ok: false,
  code,
  message: `connect ${code} ${formatHostPort({ host: address, port })}`,
  sent,
  ...(error && { error }),
})

/**
 * Error codes that mean that this process or host has run out of descriptors or memory; they say nothing
 * about the remote end.
 */
export const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/**
 * Called when the system refused an operation for lack of descriptors or memory.
 *
 * @param what the operation, for people: `accept a connection`
 * @param code one of `EXHAUSTED`
 */
export type OnExhausted = (what: string, code: string) => void
