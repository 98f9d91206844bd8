import type { Endpoint } from '../types.ts'

/** What comes of a stream of messages. None is called before its opening has returned, nor after its close. */
export type MessageStreamEvents = {
  /** A whole message; the bytes are the receiver's. */
  readonly message: (bytes: Uint8Array) => void
  /**
   * It is closed: by the other side, by a failure, or because it was idle for long enough.
   *
   * @param code the errno's name; null where there was no failure
   */
  readonly closed: (code: string | null) => void
}

/** A TCP connection that carries messages, each behind its length (RFC 1035 section 4.2.2). */
export type MessageStream = {
  /** Sends one message, as soon as there is a connection. */
  readonly send: (bytes: Uint8Array) => void
  /**
   * Whether anybody waits for a message. Where nobody does it closes after its idle time, and does not
   * keep the process alive until then. It begins busy.
   */
  readonly busy: (isBusy: boolean) => void
  /** Its descriptor is free when this returns. */
  readonly close: () => void
}

/** Connects to an endpoint. */
export type OpenMessageStream = (endpoint: Endpoint, events: MessageStreamEvents) => MessageStream
