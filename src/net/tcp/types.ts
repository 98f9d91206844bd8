import type { Endpoint } from '../types.ts'

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
