import type { Socket } from 'node:net'
import type { ConnectOptions } from './connect.ts'
import { connect } from './connect.ts'
import type { WebStreams } from './web-streams.ts'
import { toWebStreams } from './web-streams.ts'

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
