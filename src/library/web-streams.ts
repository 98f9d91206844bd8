import type { Socket } from 'node:net'
import { ByteLengthQueuingStrategy, ReadableStream, WritableStream } from 'node:stream/web'
import { fail } from '../core/fail.ts'

/** The two directions of a connection as web streams. */
export type WebStreams = {
  /** What the other end sends. It closes at the other end's FIN; cancelling it destroys the socket. */
  readonly readable: ReadableStream<Uint8Array>
  /**
   * What goes to the other end; a write is done when the system has taken it. Closing it sends a FIN,
   * and is done then, also while the other end goes on; aborting it destroys the socket.
   */
  readonly writable: WritableStream<Uint8Array>
}

const toReadable = (socket: Socket): ReadableStream<Uint8Array> => {
  // Node may still emit what it had read when it was destroyed; a stream that is over takes nothing.
  let over = false
  return new ReadableStream<Uint8Array>(
    {
      start: controller => {
        const finish = (how: () => void): void => {
          if (over) return
          over = true
          how()
        }
        socket.on('data', (chunk: Buffer) => {
          if (over) return
          controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
          if (Number(controller.desiredSize) <= 0) socket.pause()
        })
        socket.once('end', () => finish(() => controller.close()))
        socket.once('error', error => finish(() => controller.error(error)))
        socket.once('close', () => finish(() => controller.error(destroyed())))
      },
      pull: () => {
        socket.resume()
      },
      cancel: () => {
        over = true
        socket.destroy()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: socket.readableHighWaterMark }),
  )
}

const toWritable = (socket: Socket): WritableStream<Uint8Array> =>
  new WritableStream<Uint8Array>(
    {
      start: controller => {
        socket.once('error', error => controller.error(error))
        socket.once('close', () => {
          if (!socket.writableFinished) controller.error(destroyed())
        })
      },
      write: chunk =>
        new Promise((resolve, reject) => {
          socket.write(chunk, error => {
            if (error) reject(error)
            // A write that is cut short by the end of its socket is no error to Node.
            else if (socket.destroyed) reject(destroyed())
            else resolve()
          })
        }),
      close: () =>
        new Promise((resolve, reject) => {
          // The other end's FIN may have ended it already, where it is not half-open.
          if (socket.writableFinished) return resolve()
          socket.once('finish', resolve).once('close', () => reject(destroyed()))
          socket.end()
        }),
      abort: () => {
        socket.destroy()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: socket.writableHighWaterMark }),
  )

const destroyed = (): Error => fail('ECONNABORTED', 'the socket was destroyed')

/**
 * A connected socket as web streams. Node's own (`Duplex.toWeb`) tie the two directions together:
 * there, closing the writable one is not done before the other end has closed too.
 *
 * @param socket the streams' from now on; whoever else reads or writes takes bytes from them
 */
export const toWebStreams = (socket: Socket): WebStreams => ({
  readable: toReadable(socket),
  writable: toWritable(socket),
})
