import type { Socket } from 'node:net'
import type { ConnectOptions } from './connect.ts'
import { connect } from './connect.ts'
import type { WebStreams } from './web-streams.ts'
import { toWebStreams } from './web-streams.ts'

/** A connection as web streams, and the socket beneath, for its addresses and options, and to destroy it. */
export type OpenConnection = WebStreams & {
  readonly socket: Socket
  /**
   * For `await using`: destroys the socket, and resolves when it is closed. What was written and awaited is
   * sent; to know that the other end has read it, close `writable` first and read to the end.
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
 * `connect` for those who work with web streams.
 *
 * @returns streams of Uint8Array, which do all the reading and writing, and hear the socket's errors
 * @throws as `connect` does
 */
export const openConnection = async (options: ConnectOptions): Promise<OpenConnection> => {
  const socket = await connect(options)
  return { ...toWebStreams(socket), socket, [Symbol.asyncDispose]: () => closed(socket) }
}
