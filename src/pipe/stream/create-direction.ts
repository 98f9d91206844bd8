import type { StreamSocket } from '../../core/stream-socket.ts'
import type { SocketRest, SocketSystem } from './socket-system.ts'
import { isUnixSocket, probeSocket } from './socket-system.ts'

const NOTHING = new Uint8Array(0)

/** The callbacks of a direction. Both directions of a pipe share them, because each is called often. */
export type DirectionEvents = {
  /**
   * Bytes were read or accepted.
   *
   * @returns the current time
   */
  readonly moved: () => number
  /** The destination's write queue is full, so the source is paused. */
  readonly paused: () => void
  /** The source has sent FIN. */
  readonly halfClosed: () => void
  /** The destination has got all bytes and the FIN. */
  readonly done: () => void
  /** A socket of the direction has failed. It may still be open, and may emit its error later. */
  readonly failed: (socket: StreamSocket, error: Error) => void
}

/** One direction of a pipe. */
export type Direction = {
  /** Writes bytes before those of the source; they count in `taken`. */
  readonly write: (bytes: Uint8Array) => void
  /**
   * Begins to move bytes.
   *
   * @param isEnded the source has already ended; nothing is read from it
   */
  readonly start: (isEnded: boolean) => void
  /** Handles a failed source: moves the bytes that its stream and the system still hold, and then no more. */
  readonly finishSource: () => void
  /** Removes all listeners, and leaves the sockets as they are. */
  readonly stop: () => void
  /** Bytes that the destination's socket accepted. A partial write does not count. */
  readonly taken: () => number
  /** When the destination's socket last accepted bytes, or else when the direction was created. */
  readonly takenAt: () => number
  /** True while the source is paused because the destination's write queue is full. */
  readonly isPaused: () => boolean
  /** Whether the destination's socket has accepted all bytes of the source. */
  readonly isFlushed: () => boolean
  readonly isDone: () => boolean
}

/** A class, so that thousands of directions share their methods. */
class StreamDirection implements Direction {
  private readonly source: StreamSocket
  private readonly dest: StreamSocket
  private readonly system: SocketSystem
  private readonly events: DirectionEvents
  private written = 0
  private takenBytes = 0
  private lastTakenAt: number
  private paused = false
  private ended = false
  private stopped = false
  /** The source has failed, and its stream is not read any more. */
  private cut = false
  private rest: SocketRest | null = null

  constructor(
    source: StreamSocket,
    dest: StreamSocket,
    system: SocketSystem,
    events: DirectionEvents,
  ) {
    this.source = source
    this.dest = dest
    this.system = system
    this.events = events
    this.lastTakenAt = events.moved()
  }

  write(bytes: Uint8Array): void {
    this.written += bytes.length
    this.dest.write(bytes, this.onTaken)
  }

  start(isEnded: boolean): void {
    const { source, dest, events } = this
    dest.on('drain', this.onDrain)
    dest.on('finish', events.done)
    this.pauseWhereFull()
    if (isEnded || source.readableEnded) {
      // Bytes written before the pipe may still be queued: the callback of an empty write runs after them.
      if (dest.writableLength > 0 && this.written === 0) this.write(NOTHING)
      this.end()
      return
    }
    source.on('end', this.onEnd)
    source.on('data', this.onData)
    // Adding a `data` listener does not resume a socket that was paused explicitly.
    if (!this.paused) source.resume()
  }

  finishSource(): void {
    const { source } = this
    this.cut = true
    this.leaveSource()
    for (;;) {
      const bytes = source.read?.() as Uint8Array | null | undefined
      if (!bytes) break
      this.write(bytes)
    }
    this.rest ??= this.system.restOf(source)
    this.moveRest()
  }

  stop(): void {
    this.note()
    this.stopped = true
    this.leaveSource()
    this.dest.off('finish', this.events.done)
    this.rest?.close()
    this.rest = null
  }

  taken(): number {
    return this.takenBytes
  }
  takenAt(): number {
    return this.lastTakenAt
  }
  isPaused(): boolean {
    return this.paused
  }
  isFlushed(): boolean {
    return this.rest === null && this.dest.writableLength === 0
  }
  isDone(): boolean {
    return this.dest.writableFinished
  }

  private readonly onData = (chunk: Buffer): void => {
    this.events.moved()
    this.write(chunk)
    this.pauseWhereFull()
  }

  private readonly onDrain = (): void => {
    if (!this.paused) return
    this.paused = false
    this.source.resume()
  }

  private readonly onTaken = (error?: Error | null): void => {
    if (this.stopped) return
    if (error) return this.events.failed(this.dest, error)
    this.note()
    this.lastTakenAt = this.events.moved()
    if (this.rest) this.moveRest()
    if (this.ended) this.endDest()
  }

  private readonly onEnd = (): void => {
    const { source } = this
    // Node emits `end` although urgent data stopped its reads, if both sides of the socket have ended:
    // after our own FIN, when a UNIX peer has closed, or after a reset, which the probe finds.
    const mayHaveRest = !source.writable || isUnixSocket(source)
    this.rest = mayHaveRest ? this.system.restOf(source) : null
    if (this.rest) this.moveRest()
    else this.probeEnd()
  }

  private readonly onProbed = (error?: Error | null): void => {
    if (this.stopped || this.cut) return
    if (error) this.events.failed(this.source, error)
    else this.end()
  }

  private pauseWhereFull(): void {
    const { dest } = this
    // `write` returns false even if the system accepted the whole chunk at once, as a chunk is as large as
    // the high-water mark. `writableLength` after the call is the real queue length.
    if (dest.writableLength < dest.writableHighWaterMark || this.paused) return
    this.paused = true
    this.source.pause()
    this.events.paused()
  }

  private note(): void {
    // A failed write discards the queue, so its length is not valid any more.
    if (!this.dest.errored) this.takenBytes = this.written - this.dest.writableLength
  }

  private end(): void {
    this.ended = true
    this.events.halfClosed()
    this.endDest()
  }

  private endDest(): void {
    // Only with an empty queue: Node cannot reset a socket that waits to send its FIN.
    if (!this.stopped && this.dest.writableLength === 0) this.dest.end()
  }

  private probeEnd(): void {
    const { source, onProbed } = this
    // A write to a UNIX socket fails after its peer has closed, although nothing went wrong (unix(7)).
    if (isUnixSocket(source)) return onProbed()
    // Node reports a reset right after the last bytes as `end`, so probe. If own bytes are still queued in
    // the source, their failure is reported in this turn of the event loop.
    if (probeSocket(source, onProbed)) return
    if (source.writableLength > 0) setImmediate(onProbed)
    else onProbed()
  }

  private moveRest(): void {
    const { rest, dest } = this
    if (!rest) return
    while (dest.writableLength < dest.writableHighWaterMark) {
      const bytes = rest.read()
      if (bytes.length > 0) this.write(bytes)
      else return this.closeRest(rest)
    }
  }

  private closeRest(rest: SocketRest): void {
    rest.close()
    this.rest = null
    if (this.cut) return
    const failure = rest.failure()
    if (failure) this.events.failed(this.source, failure)
    else this.probeEnd()
  }

  private leaveSource(): void {
    this.source.off('data', this.onData).off('end', this.onEnd)
    this.dest.off('drain', this.onDrain)
  }
}

/** Moves the bytes of `source` to `dest`, then its end. It adds no `error` listeners. */
export const createDirection = (
  source: StreamSocket,
  dest: StreamSocket,
  system: SocketSystem,
  events: DirectionEvents,
): Direction => new StreamDirection(source, dest, system, events)
