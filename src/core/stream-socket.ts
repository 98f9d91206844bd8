/**
 * A connected stream socket, as the rooms of the daemon use it: the part of Node's `net.Socket` that
 * they need, with its meaning (https://nodejs.org/api/net.html). Node's own sockets fit it, and so do
 * those that eyeballd drives itself where the system lets it.
 */
export type StreamSocket = {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
  /** Undefined for a UNIX socket, and when the socket is destroyed. */
  readonly localPort?: number | undefined
  /** No more will come of it: it is closed, or about to be. */
  readonly destroyed: boolean
  /** `close` was emitted. */
  readonly closed: boolean
  readonly errored: Error | null
  /** False once `end` was called, and when it is destroyed. */
  readonly writable: boolean
  /** The end of what the peer sends was read. */
  readonly readableEnded: boolean
  /** Bytes read from the system that nobody has taken yet. */
  readonly readableLength: number
  /** Takes these bytes, also of a socket that is destroyed; null where there are none. Absent where none are ever kept. */
  // Node's own is declared so.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly read?: () => any
  readonly writableEnded: boolean
  /** After `end`: the system has got all, and the FIN. */
  readonly writableFinished: boolean
  /** Bytes that the system has not taken yet. */
  readonly writableLength: number
  /** A `writableLength` of this or more is to be waited for: `drain` says when it is 0 again. */
  readonly writableHighWaterMark: number
  /** @param done called when the system has taken the bytes, or with the error that kept it from that */
  write(bytes: Uint8Array, done?: (error?: Error | null) => void): boolean
  /** Sends the last bytes, then FIN. */
  end(): unknown
  end(bytes: Uint8Array): unknown
  pause(): unknown
  resume(): unknown
  destroy(error?: Error): unknown
  /** Ends it by RST. */
  resetAndDestroy(): unknown
  on(event: StreamSocketEvent, listener: StreamSocketListener): StreamSocket
  once(event: StreamSocketEvent, listener: StreamSocketListener): StreamSocket
  off(event: StreamSocketEvent, listener: StreamSocketListener): StreamSocket
  /** Present where it is known; -1 once the socket is closed or detached. */
  readonly descriptor?: number
  /**
   * Present where the descriptor can be had. It takes the descriptor out of the socket, which is dead
   * from then on and emits no more. What was not read from it, a FIN or RST too, is still to be read
   * from the descriptor. Only with nothing in `writableLength` and `readableLength`.
   */
  readonly detach?: () => number
}

export type StreamSocketEvent = 'data' | 'end' | 'error' | 'close' | 'drain' | 'finish' | 'readable'

// What a listener gets depends on its event, as Node's own types have it.
// oxlint-disable-next-line typescript/no-explicit-any
export type StreamSocketListener = (...args: any[]) => void
