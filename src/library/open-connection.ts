import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { ReadableStream, WritableStream } from 'node:stream/web'
import type { ConnectOptions } from './connect.ts'
import { connect } from './connect.ts'

/** A connection as web streams. */
export type OpenConnection = {
  /** What the other end sends, as Uint8Array. Cancelling it destroys the socket. */
  readonly readable: ReadableStream<Uint8Array>
  /** What goes to the other end. Closing it sends a FIN; aborting it destroys the socket. */
  readonly writable: WritableStream<Uint8Array>
  /** The socket beneath, for its addresses and options, and to destroy it. The streams do the reading and writing. */
  readonly socket: Socket
}

/**
 * `connect` for those who work with web streams.
 *
 * @throws as `connect` does
 */
export const openConnection = async (options: ConnectOptions): Promise<OpenConnection> => {
  const socket = await connect(options)
  // Node's type leaves open what is in the streams; of a socket it is bytes.
  return { ...(Duplex.toWeb(socket) as Omit<OpenConnection, 'socket'>), socket }
}
