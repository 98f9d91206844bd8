import type { StreamSocket } from '../core/stream-socket.ts'
import type { Peer, Transport } from './peer.ts'

/** A connection that was accepted; made before `clients` and admission judge it. */
export type Accepted = {
  /** Paused, half-open allowed. It belongs to whoever holds this record, until a pipe or a lingering close takes it over. */
  readonly socket: StreamSocket
  readonly transport: Transport
  readonly peer: Peer
  /** Short and unique within one run of the daemon. */
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** In the clock of the listener's parts, in milliseconds. */
  readonly acceptedAt: number
}
