import { Socket } from 'node:net'
import type { EgressPath } from '../../core/egress.ts'
import { PLAIN_EGRESS, bindOf } from '../../core/egress.ts'
import { codeOf } from '../../core/fail.ts'
import { createFrameReader, encodeFrame } from '../../wire/dns/frames.ts'
import { isZoneMissing } from '../host/interfaces.ts'
import type { Endpoint } from '../network.ts'

/**
 * Callbacks of a message stream. None is called before the opening function has returned, nor after
 * `close`.
 */
export type MessageStreamEvents = {
  /** A complete message; the receiver owns the bytes. */
  readonly message: (bytes: Uint8Array) => void
  /**
   * The stream is closed: by the remote end, by a failure, or by the idle timeout.
   *
   * @param code the errno's name; null without a failure
   */
  readonly closed: (code: string | null) => void
}

/** A TCP connection that carries messages with a length prefix (RFC 1035 section 4.2.2). */
export type MessageStream = {
  /** Sends one message, once the connection is established. */
  readonly send: (bytes: Uint8Array) => void
  /**
   * Sets whether a reply is expected. An idle stream closes after its idle timeout, and does not keep the
   * process alive. It is busy at first.
   */
  readonly busy: (isBusy: boolean) => void
  /** Closes the stream. Its descriptor is free when this returns. */
  readonly close: () => void
}
export type OpenMessageStream = (endpoint: Endpoint, events: MessageStreamEvents) => MessageStream

/** How long an idle connection is kept for the next query, in milliseconds (RFC 7766 section 6.2.3). */
export const IDLE_TIMEOUT_MS = 10_000

/**
 * Message streams by Node's sockets.
 *
 * @param hasInterface whether this host has an interface of that name
 * @param path of it, only the source addresses can be set on Node's sockets
 */
export const createOpenMessageStream =
  (
    hasInterface: (name: string) => boolean,
    idleTimeoutMs: number = IDLE_TIMEOUT_MS,
    path: EgressPath = PLAIN_EGRESS,
  ): OpenMessageStream =>
  ({ address, family, port }, { message, closed }) => {
    const read = createFrameReader()
    let over = false
    const socket = new Socket()

    const end = (code: string | null): void => {
      if (over) return
      over = true
      socket.destroy()
      closed(code)
    }

    socket.on('error', error => end(codeOf(error)))
    socket.on('timeout', () => end(null))
    // A server that has sent FIN will not answer any more, even with queries open.
    socket.on('end', () => end(null))
    socket.on('close', () => end(null))
    socket.on('data', (bytes: Buffer) => {
      for (const each of read(bytes)) if (!over) message(each)
    })
    socket.setNoDelay(true)
    const localAddress = bindOf(path, family)
    const options = { host: address, port, family, autoSelectFamily: false }
    try {
      if (localAddress === 'none') queueMicrotask(() => end('EADDRNOTAVAIL'))
      else if (isZoneMissing(address, hasInterface)) queueMicrotask(() => end('ENETUNREACH'))
      // For a literal, Node connects at once, and `autoSelectFamily` has nothing to select.
      else socket.connect(localAddress === null ? options : { ...options, localAddress })
    } catch (error) {
      queueMicrotask(() => end(codeOf(error)))
    }

    return {
      send: bytes => void socket.write(encodeFrame(bytes)),
      busy: isBusy => {
        socket.setTimeout(isBusy ? 0 : idleTimeoutMs)
        if (isBusy) socket.ref()
        else socket.unref()
      },
      close: () => {
        over = true
        socket.destroy()
      },
    }
  }
