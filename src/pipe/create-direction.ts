import type { StreamSocket } from '../core/stream-socket.ts'
import { probeSocket } from './probe-socket.ts'

const NOTHING = new Uint8Array(0)

/** What a direction reports. Each is called often, so they are shared by both directions of a pipe. */
export type DirectionEvents = {
  /** Bytes came or were taken. */
  readonly moved: () => void
  /** The destination has more than it should hold, so the source is not read. */
  readonly paused: () => void
  /** The source has closed its side. */
  readonly halfClosed: () => void
  /** The destination has got everything, the end too. */
  readonly done: () => void
}

/** One direction of a pipe. */
export type Direction = {
  /**
   * Begins to move bytes.
   *
   * @param early bytes that go first and count
   * @param ended the source has already ended; nothing of it is read
   */
  readonly start: (early: Uint8Array | undefined, ended: boolean) => void
  /** Takes every listener off again. The sockets are left as they are. */
  readonly stop: () => void
  /** Bytes that the destination's socket took. A write that was taken in part does not count. */
  readonly taken: () => number
  /** True while the source is not read because the destination is full. */
  readonly isPaused: () => boolean
  readonly isDone: () => boolean
}

/** Moves the bytes of `source` to `dest`, and its end after them. It listens to no errors. */
export const createDirection = (
  source: StreamSocket,
  dest: StreamSocket,
  events: DirectionEvents,
): Direction => {
  let written = 0
  let taken = 0
  let paused = false
  let ended = false
  let stopped = false

  const note = (): void => {
    // Once a write has failed the queue is thrown away, and its length says nothing any more.
    if (!dest.errored) taken = written - dest.writableLength
  }

  const endDest = (): void => {
    // Only with an empty queue: a socket that waits to send its FIN can no longer be reset.
    if (!stopped && dest.writableLength === 0) dest.end()
  }

  const onTaken = (error?: Error | null): void => {
    if (error || stopped) return
    note()
    events.moved()
    if (ended) endDest()
  }

  const write = (chunk: Uint8Array): void => {
    written += chunk.length
    dest.write(chunk, onTaken)
    // What `write` returns counts a chunk that the system took at once, and a chunk is as large as
    // the mark; the length afterwards says what really waits.
    if (dest.writableLength >= dest.writableHighWaterMark && !paused) {
      paused = true
      source.pause()
      events.paused()
    }
  }

  const onData = (chunk: Buffer): void => {
    events.moved()
    write(chunk)
  }

  const onDrain = (): void => {
    if (!paused) return
    paused = false
    source.resume()
  }

  const onProbed = (error?: Error | null): void => {
    if (error || stopped) return
    ended = true
    events.halfClosed()
    endDest()
  }

  const onEnd = (): void => {
    // A reset right behind the last bytes is reported as an end, so ask. Where bytes of ours still
    // wait in the source, the system is about to report their failure in this same turn.
    if (probeSocket(source, onProbed)) return
    if (source.writableLength > 0) setImmediate(onProbed)
    else onProbed()
  }

  return {
    start: (early, sourceEnded) => {
      dest.on('drain', onDrain)
      dest.on('finish', events.done)
      if (early && early.length > 0) write(early)
      if (sourceEnded || source.readableEnded) {
        ended = true
        // What was written before the pipe may still wait: an empty write tells when it is gone.
        if (dest.writableLength > 0 && written === 0) write(NOTHING)
        events.halfClosed()
        endDest()
        return
      }
      source.on('end', onEnd)
      source.on('data', onData)
      // A listener for data does not by itself wake a socket that was paused by hand.
      if (!paused) source.resume()
    },
    stop: () => {
      note()
      stopped = true
      source.off('data', onData)
      source.off('end', onEnd)
      dest.off('drain', onDrain)
      dest.off('finish', events.done)
    },
    taken: () => taken,
    isPaused: () => paused,
    isDone: () => dest.writableFinished,
  }
}
