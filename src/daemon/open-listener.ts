import type { ListenAddress } from '../core/listen-address.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { Bound } from '../net/bound.ts'
import type { ListenOptions } from '../net/node/listen.ts'
import type { ListenerRights } from './listener-address.ts'

/** Takes a connection over: it is the handler's to close. */
export type TakeConnection = (socket: StreamSocket, address: ListenAddress) => void

/** One address that is open. Its handler can be replaced without closing it. */
export type OpenListener = {
  readonly bound: Bound
  /** Gives connections to this handler from now on, those that wait first. */
  readonly serve: (take: TakeConnection) => void
  /** Stops accepting, and closes what still waits for a handler. */
  readonly close: () => Promise<void>
}

/** Connections of several listeners that wait for their first handler. */
export type WaitingConnections = {
  open: number
  /** How many there may be, 1 or more; one more is closed. */
  readonly max: number
}

/**
 * Opens an address. Until it has a handler, connections wait: the listener may yet be taken back.
 *
 * @param listen the way to listen
 * @param all counts those that wait
 * @returns rejects with what `listen` rejects with
 */
export const openListener = async (
  listen: (address: ListenAddress, options: ListenOptions) => Promise<Bound>,
  address: ListenAddress,
  { mode, group }: Omit<ListenerRights, 'name'>,
  all: WaitingConnections,
): Promise<OpenListener> => {
  let handler: TakeConnection | undefined
  let waiting: StreamSocket[] = []

  const takeWaiting = (): StreamSocket[] => {
    const taken = waiting
    waiting = []
    all.open -= taken.length
    return taken
  }

  const bound = await listen(address, {
    mode,
    ...(group === null ? {} : { group }),
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
    serve: take => {
      handler = take
      for (const socket of takeWaiting()) take(socket, address)
    },
    close: async () => {
      await bound.close()
      for (const socket of takeWaiting()) socket.destroy()
    },
  }
}
