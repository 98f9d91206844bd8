import type { StreamSocket } from '../core/stream-socket.ts'
import type { Peer, Transport } from './peer.ts'

/** An accepted connection, before `clients` and admission control are checked. */
export type Accepted = {
  /**
   * Paused, with half-open allowed. The holder of this record owns it until a pipe or a lingering close
   * takes over.
   */
  readonly socket: StreamSocket
  readonly transport: Transport
  readonly peer: Peer
  /** The connection's id: short, and unique within one run of the daemon. */
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** Milliseconds on the clock of `ListenerParts`. */
  readonly acceptedAt: number
}
