import type { Endpoint } from '../types.ts'

/** What comes of a UDP socket. None is called before the socket's opening has returned, nor after its close. */
export type UdpEvents = {
  /** A datagram from the endpoint; the bytes are the receiver's. */
  readonly message: (bytes: Uint8Array) => void
  /**
   * The socket cannot be used, and is closed.
   *
   * @param code the errno's name: EMFILE where there is no descriptor left, ECONNREFUSED where nobody
   *   listens, ENETUNREACH and the like where nothing leads there
   */
  readonly failed: (code: string) => void
}

/** A UDP socket that is connected to one endpoint. */
export type UdpSocket = {
  /** Sends one datagram. What is lost on the way nobody hears of. */
  readonly send: (bytes: Uint8Array) => void
  /** Its descriptor is free when this returns. */
  readonly close: () => void
}

/**
 * Opens a UDP socket of its own, on a port that the system chooses at random, and connects it: the
 * kernel drops what comes from anywhere else.
 */
export type OpenUdp = (endpoint: Endpoint, events: UdpEvents) => UdpSocket
