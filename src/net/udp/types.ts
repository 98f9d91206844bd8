import type { Endpoint } from '../types.ts'

/** Callbacks of a UDP socket. None is called before the opening function has returned, nor after `close`. */
export type UdpEvents = {
  /** A datagram from the endpoint; the receiver owns the bytes. */
  readonly message: (bytes: Uint8Array) => void
  /**
   * The socket has failed and is closed.
   *
   * @param code the errno's name: EMFILE without a free descriptor, ECONNREFUSED if nobody listens,
   *   ENETUNREACH and others without a route
   */
  readonly failed: (code: string) => void
}

/** A UDP socket connected to one endpoint. */
export type UdpSocket = {
  /** Sends one datagram. Packet loss is not reported. */
  readonly send: (bytes: Uint8Array) => void
  /** Closes the socket. Its descriptor is free when this returns. */
  readonly close: () => void
}

/**
 * Opens a UDP socket on a port that the system chooses at random, and connects it: the kernel drops
 * datagrams from other sources.
 */
export type OpenUdp = (endpoint: Endpoint, events: UdpEvents) => UdpSocket
