import type { StreamSocket } from '../../core/stream-socket.ts'
import { probeSocket } from './probe-socket.ts'
import type { SocketRest, SocketSystem } from './socket-system.ts'
import { isUnixSocket } from './socket-system.ts'

const NOTHING = new Uint8Array(0)

/** What a direction reports. Each is called often, so they are shared by both directions of a pipe. */
export type DirectionEvents = {
  /** Bytes came or were taken. @returns the time */
  readonly moved: () => number
  /** The destination has more than it should hold, so the source is not read. */
  readonly paused: () => void
  /** The source has closed its side. */
  readonly halfClosed: () => void
  /** The destination has got everything, the end too. */
  readonly done: () => void
  /** A socket of the direction has failed. It may still be open, and emit its error later. */
  readonly failed: (socket: StreamSocket, error: Error) => void
}

/** One direction of a pipe. */
export type Direction = {
  /** Writes bytes that go before those of the source, and count. */
  readonly write: (bytes: Uint8Array) => void
  /**
   * Begins to move bytes.
   *
   * @param isEnded the source has already ended; nothing of it is read
   */
  readonly start: (isEnded: boolean) => void
  /** The source has failed: moves what its stream and the system still have of it, and then nothing more. */
  readonly finishSource: () => void
  /** Takes every listener off again. The sockets are left as they are. */
  readonly stop: () => void
  /** Bytes that the destination's socket took. A write that was taken in part does not count. */
  readonly taken: () => number
  /** When the destination's socket last took something, or the direction was made. */
  readonly takenAt: () => number
  /** True while the source is not read because the destination is full. */
  readonly isPaused: () => boolean
  /** The destination's socket has taken all that the source has given. */
  readonly isFlushed: () => boolean
  readonly isDone: () => boolean
}

/** A class, so that thousands of directions share their functions. */
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
      // What was written before the pipe may still wait: an empty write tells when it is gone.
      if (dest.writableLength > 0 && this.written === 0) this.write(NOTHING)
      this.end()
      return
    }
    source.on('end', this.onEnd)
    source.on('data', this.onData)
    // A listener for data does not by itself wake a socket that was paused by hand.
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
    // Node reports an end also where urgent data has kept it from reading on, if both sides of the socket
    // are over: ours too, the whole of a UNIX socket, or by a reset, which the probe finds.
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
    // What `write` returns counts a chunk that the system took at once, and a chunk is as large as
    // the mark; the length afterwards says what really waits.
    if (dest.writableLength < dest.writableHighWaterMark || this.paused) return
    this.paused = true
    this.source.pause()
    this.events.paused()
  }

  private note(): void {
    // Once a write has failed the queue is thrown away, and its length says nothing any more.
    if (!this.dest.errored) this.takenBytes = this.written - this.dest.writableLength
  }

  private end(): void {
    this.ended = true
    this.events.halfClosed()
    this.endDest()
  }

  private endDest(): void {
    // Only with an empty queue: a socket that waits to send its FIN can no longer be reset.
    if (!this.stopped && this.dest.writableLength === 0) this.dest.end()
  }

  private probeEnd(): void {
    const { source, onProbed } = this
    // A UNIX socket whose peer has closed it refuses to write, though nothing went wrong (unix(7)).
    if (isUnixSocket(source)) return onProbed()
    // A reset right behind the last bytes is reported as an end, so ask. Where bytes of ours still
    // wait in the source, the system is about to report their failure in this same turn.
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

/** Moves the bytes of `source` to `dest`, and its end after them. It listens to no errors. */
export const createDirection = (
  source: StreamSocket,
  dest: StreamSocket,
  system: SocketSystem,
  events: DirectionEvents,
): Direction => new StreamDirection(source, dest, system, events)
