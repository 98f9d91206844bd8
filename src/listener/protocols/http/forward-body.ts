import type { IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import type { SocketStream } from './socket-stream.ts'

/** The stream that a message is read from. */
type Source = Pick<SocketStream, 'hold' | 'release' | 'passed'>

/** All bytes that have arrived; null: none. Newer versions of Node return them in several pieces. */
const readAll = (from: IncomingMessage): Buffer | null => {
  const first = from.read() as Buffer | null
  if (first === null) return null
  const pieces = [first]
  for (;;) {
    const next = from.read() as Buffer | null
    if (next === null) return pieces.length === 1 ? first : Buffer.concat(pieces)
    pieces.push(next)
  }
}

/**
 * Passes a body on, without its end. Chunks that arrive together go on as one: `pipe` would keep and write each
 * by itself, and the backpressure of a message counts bytes only, so a sender of chunks of one byte would
 * take a hundred times the memory.
 *
 * @param to gets no more bytes while it is full; what has been read by then, 64 KiB or so, it gets nevertheless
 * @param source may be held; it is released
 * @returns stops it
 */
export const forwardBody = (from: IncomingMessage, to: Writable, source: Source): (() => void) => {
  const release = (): void => source.release()
  const pass = (): void => {
    const bytes = readAll(from)
    if (bytes === null) return
    source.passed(bytes.length)
    if (!to.write(bytes, release)) source.hold()
  }
  release()
  from.on('readable', pass)
  return () => {
    from.off('readable', pass)
    release()
  }
}
