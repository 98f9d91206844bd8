import type { EgressOverride } from '../core/egress.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { Bound, ListenOptions } from '../net/listen.ts'

/** Who may connect to a UNIX socket. */
export type SocketRights = {
  readonly mode: number
  /** null: the group of the process. */
  readonly group: string | null
}

/** How an address is opened. */
export type SocketSettings = SocketRights & {
  /** Keepalive that differs from the daemon's, if the listener has any. */
  readonly egress?: EgressOverride | null
}

/** Handles a connection, and owns it from then on. */
export type HandleConnection = (socket: StreamSocket, address: SocketAddress) => void

/** One address that is open. Its handler can be replaced without closing it. */
export type OpenListener = {
  readonly bound: Bound
  /** Passes connections to this handler from now on, waiting ones first. */
  readonly serve: (handler: HandleConnection) => void
  /** Changes the keepalive of later connections, with the next change of the daemon's. */
  readonly setEgress: (egress: SocketSettings['egress']) => void
  /** Stops accepting, and closes connections that still wait for a handler. */
  readonly close: () => Promise<void>
}

/** Counts the connections of several listeners that wait for their first handler. */
export type WaitingConnections = {
  open: number
  /** The maximum, 1 or more; a connection above it is closed. */
  readonly max: number
}

/**
 * Opens an address. Until it has a handler, connections wait, because the change may still be undone.
 *
 * @param all shared with the other listeners
 * @returns rejects with the error of `listen`
 */
export const openListener = async (
  listen: (address: SocketAddress, options: ListenOptions) => Promise<Bound>,
  address: SocketAddress,
  { mode, group, egress }: SocketSettings,
  all: WaitingConnections,
): Promise<OpenListener> => {
  let handler: HandleConnection | undefined
  let waiting: StreamSocket[] = []
  let own = egress

  const takeWaiting = (): StreamSocket[] => {
    const taken = waiting
    waiting = []
    all.open -= taken.length
    return taken
  }

  const bound = await listen(address, {
    mode,
    ...(group === null ? {} : { group }),
    keepAlive: () => own?.keepAlive,
    onConnection: socket => {
      if (handler) handler(socket, address)
      else if (all.open < all.max) {
        all.open++
        waiting.push(socket)
      } else socket.destroy()
    },
  })
  return {
    bound,
    serve: next => {
      handler = next
      for (const socket of takeWaiting()) next(socket, address)
    },
    setEgress: next => {
      own = next
    },
    close: async () => {
      await bound.close()
      for (const socket of takeWaiting()) socket.destroy()
    },
  }
}
