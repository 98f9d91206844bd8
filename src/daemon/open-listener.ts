import type { ListenAddress } from '../core/listen-address.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { Bound } from '../net/bound.ts'
import type { ListenOptions } from '../net/listen.ts'
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

/** How many connections may wait for the first handler; one more is closed. */
const WAITING_MAX = 64

/**
 * Opens an address. Until it has a handler, connections wait: the listener may yet be taken back.
 *
 * @param listen the way to listen
 * @returns rejects with what `listen` rejects with
 */
export const openListener = async (
  listen: (address: ListenAddress, options: ListenOptions) => Promise<Bound>,
  address: ListenAddress,
  { mode, group }: Omit<ListenerRights, 'name'>,
): Promise<OpenListener> => {
  let handler: TakeConnection | undefined
  let waiting: StreamSocket[] = []
  const bound = await listen(address, {
    mode,
    ...(group === null ? {} : { group }),
    onConnection: socket => {
      if (handler) handler(socket, address)
      else if (waiting.length < WAITING_MAX) waiting.push(socket)
      else socket.destroy()
    },
  })
  return {
    bound,
    serve: take => {
      handler = take
      const sockets = waiting
      waiting = []
      for (const socket of sockets) take(socket, address)
    },
    close: async () => {
      await bound.close()
      for (const socket of waiting) socket.destroy()
      waiting = []
    },
  }
}
