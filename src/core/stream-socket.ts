const ignore = (): void => {}

/**
 * Gives a socket or a server an error listener for its whole life. An `error` event without a listener ends
 * the process, and a socket can fail at any time, also between two owners. Code that handles errors adds
 * its own listener.
 */
export const ignoreErrors = (emitter: {
  on(event: 'error', listener: () => void): unknown
}): void => {
  emitter.on('error', ignore)
}

/** TCP keepalive (RFC 1122 section 4.2.3.6). Systems count whole seconds. */
export type KeepAlive = {
  /** Idle milliseconds before the first probe, from 1,000. Default 60 s. */
  readonly idleMs: number
  /** Milliseconds between two probes, from 1,000. Default 15 s. */
  readonly intervalMs: number
  /** Number of unanswered probes after which the connection ends, 1 to 127. Default 4. */
  readonly count: number
}

/** One end of a TCP connection: an IP address in canonical text, with its zone if it has one, and a port. */
export type SocketEnd = { readonly address: string; readonly port: number }

/**
 * A connected stream socket, as the rest of the daemon uses it: the part of Node's `net.Socket` that the
 * daemon needs, with the same semantics (https://nodejs.org/api/net.html). Node's sockets and eyeballd's
 * own epoll sockets both implement it.
 */
export type StreamSocket = {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  /** Undefined for a UNIX socket and for a destroyed socket. */
  readonly localPort?: number | undefined
  /** True once the socket is closed or about to be closed. */
  readonly destroyed: boolean
  /** True once `close` was emitted. */
  readonly closed: boolean
  readonly errored: Error | null
  /** False once `end` was called or the socket is destroyed. */
  readonly writable: boolean
  /** True once the peer's FIN has been read. */
  readonly readableEnded: boolean
  /** Bytes that are buffered and not read yet. */
  readonly readableLength: number
  /**
   * Reads the buffered bytes, also of a destroyed socket; null if there are none. Absent if the socket
   * never buffers.
   */
  // Node declares it with `any`.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly read?: () => any
  readonly writableEnded: boolean
  /** True after `end` once the kernel has taken all bytes and the FIN. */
  readonly writableFinished: boolean
  /** Bytes that the kernel has not taken yet. */
  readonly writableLength: number
  /** When `writableLength` reaches this, wait for `drain`, which is emitted when it is 0 again. */
  readonly writableHighWaterMark: number
  /** @param done called once the kernel has taken the bytes, or with the error that prevented it */
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean
  /** Sends the last bytes, then the FIN. */
  end(): unknown
  end(bytes: Uint8Array): unknown
  pause(): unknown
  resume(): unknown
  destroy(error?: Error): unknown
  /** Closes the connection with RST. */
  resetAndDestroy(): unknown
  on(event: StreamSocketEvent, listener: StreamSocketListener): StreamSocket
  once(event: StreamSocketEvent, listener: StreamSocketListener): StreamSocket
  off(event: StreamSocketEvent, listener: StreamSocketListener): StreamSocket
  /** True if keepalive is set already, and differs from the daemon's. */
  readonly hasOwnKeepAlive?: boolean
  /** The file descriptor, if known; -1 once the socket is closed or detached. */
  readonly descriptor?: number
  /**
   * Present if the descriptor can be detached. The socket is unusable afterwards and emits no more events;
   * unread bytes, a FIN or an RST included, can still be read from the descriptor. Call it only while
   * `writableLength` and `readableLength` are 0.
   */
  readonly detach?: () => number
}

export type StreamSocketEvent = 'data' | 'end' | 'error' | 'close' | 'drain' | 'finish' | 'readable'

// The arguments depend on the event, as in Node's own types.
// oxlint-disable-next-line typescript/no-explicit-any
export type StreamSocketListener = (...args: any[]) => void
