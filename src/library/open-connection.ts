import type { Socket } from 'node:net'
import { ByteLengthQueuingStrategy, ReadableStream, WritableStream } from 'node:stream/web'
import { fail } from '../core/fail.ts'
import type { ConnectOptions } from './connect.ts'
import { connect } from './connect.ts'

/** The two directions of a connection as web streams. */
export type WebStreams = {
  /** Bytes from the peer. It closes at the peer's FIN; cancelling it destroys the socket. */
  readonly readable: ReadableStream<Uint8Array>
  /**
   * Bytes to the peer; a write completes when the kernel has taken them. Closing it sends a FIN and
   * completes then, even if the peer continues to send; aborting it destroys the socket.
   */
  readonly writable: WritableStream<Uint8Array>
}

const toReadable = (socket: Socket): ReadableStream<Uint8Array> => {
  // After `destroy`, Node may still emit bytes that it had read, and a closed stream accepts none.
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
            // Node reports no error for a write that the socket's end cut short.
            else if (socket.destroyed) reject(destroyed())
            else resolve()
          })
        }),
      close: () =>
        new Promise((resolve, reject) => {
          // The peer's FIN may have ended the socket already, if it is not half-open.
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
 * A connected socket as web streams. Node's own (`Duplex.toWeb`) couple the two directions: closing the
 * writable one completes only after the peer has closed too.
 *
 * @param socket the streams own it from now on; other readers or writers would take bytes from them
 */
export const toWebStreams = (socket: Socket): WebStreams => ({
  readable: toReadable(socket),
  writable: toWritable(socket),
})

/** A connection as web streams, with its underlying socket for addresses, options and `destroy`. */
export type OpenConnection = WebStreams & {
  readonly socket: Socket
  /**
   * For `await using`: destroys the socket, and resolves when it is closed. Bytes whose write was awaited
   * are sent; to be sure that the peer has read them, close `writable` first and read to the end.
   */
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const closed = (socket: Socket): Promise<void> =>
  socket.closed
    ? Promise.resolve()
    : new Promise(resolve => {
        socket.once('close', () => resolve())
        socket.destroy()
      })

/**
 * `connect` with web streams.
 *
 * @returns streams of Uint8Array, which do all reading and writing and handle the socket's errors
 * @throws as `connect` does
 */
export const openConnection = async (options: ConnectOptions): Promise<OpenConnection> => {
  const socket = await connect(options)
  return { ...toWebStreams(socket), socket, [Symbol.asyncDispose]: () => closed(socket) }
}
