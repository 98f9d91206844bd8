import type { IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import type { SocketStream } from './socket-stream.ts'

/** The stream that a message is read from. */
type Source = Pick<SocketStream, 'hold' | 'release' | 'passed'>

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
  const pass = (): void => {
    const bytes = from.read() as Buffer | null
    if (bytes === null) return
    source.passed(bytes.length)
    if (!to.write(bytes)) source.hold()
  }
  const release = (): void => source.release()
  release()
  from.on('readable', pass)
  to.on('drain', release)
  return () => {
    from.off('readable', pass)
    to.off('drain', release)
    release()
  }
}
