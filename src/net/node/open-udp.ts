import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import type { EgressPath } from '../../core/egress.ts'
import { PLAIN_EGRESS, bindOf } from '../../core/egress.ts'
import { codeOf } from '../../core/fail.ts'
import { isZoneMissing } from '../host/interfaces.ts'
import type { Endpoint, OnExhausted } from '../network.ts'
import { EXHAUSTED } from '../network.ts'

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

/**
 * Replaces dns.lookup: endpoints are IP literals, which are used as they are, at once, and with their zone.
 */
const asItIs = (
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void => done(null, address, address.includes(':') ? 6 : 4)

/**
 * UDP by Node's sockets. In a node:cluster worker they belong to the worker: a socket that is connected
 * before it is bound is not shared with the primary.
 *
 * @param hasInterface whether this host has an interface of that name
 * @param path of it, only the source addresses can be set on Node's sockets
 */
export const createOpenUdp =
  (hasInterface: (name: string) => boolean, path: EgressPath = PLAIN_EGRESS): OpenUdp =>
  ({ address, family, port }, { message, failed }) => {
    let opening = true
    let closed = false
    let connected = false
    const early: Uint8Array[] = []
    let socket: Socket | undefined

    const close = (): void => {
      if (closed) return
      closed = true
      socket?.close()
    }

    const fail = (code: string): void => {
      const report = (): void => {
        if (closed) return
        close()
        failed(code)
      }
      // Without a free descriptor the socket fails while it is being opened.
      if (opening) queueMicrotask(report)
      else report()
    }

    const transmit = (bytes: Uint8Array): void => {
      socket?.send(bytes, error => {
        if (error) fail(codeOf(error))
      })
    }

    try {
      socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', lookup: asItIs })
      socket.on('error', error => fail(codeOf(error)))
      socket.on('message', bytes => {
        if (!closed) message(bytes)
      })
      socket.on('connect', () => {
        connected = true
        if (!closed) for (const bytes of early.splice(0)) transmit(bytes)
      })
      const opened = socket
      const source = bindOf(path, family)
      if (source === 'none') fail('EADDRNOTAVAIL')
      else if (isZoneMissing(address, hasInterface)) fail('ENETUNREACH')
      else if (source === null) opened.connect(port, address)
      // `exclusive`: the socket stays in this process also in a node:cluster worker.
      else opened.bind({ address: source, exclusive: true }, () => opened.connect(port, address))
    } catch (error) {
      fail(codeOf(error))
    }
    opening = false

    return {
      send: bytes => {
        if (closed) return
        if (connected) transmit(bytes)
        else early.push(bytes)
      },
      close,
    }
  }

/** Wraps `open` and calls `onExhausted` if the system has no descriptor or memory for a socket. */
export const reportExhausted =
  (open: OpenUdp, onExhausted: OnExhausted | undefined): OpenUdp =>
  (endpoint, { message, failed }) =>
    open(endpoint, {
      message,
      failed: code => {
        if (EXHAUSTED.has(code)) onExhausted?.('ask a DNS server', code)
        failed(code)
      },
    })
