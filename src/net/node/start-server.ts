import cluster from 'node:cluster'
import type { ListenOptions, Server } from 'node:net'
import { LISTEN_BACKLOG } from '../listen.ts'

/**
 * Begins to listen, with a backlog of `LISTEN_BACKLOG`. Rejects with the system's error. `bind` and `listen`
 * have been called when it returns.
 *
 * @param options with `fd` it listens on a bound socket, which the server then owns
 */
export const startServer = (
  server: Server,
  options: ListenOptions & { readonly fd?: number },
): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    // As an argument: with `fd` Node ignores `options.backlog`.
    server.listen(options, LISTEN_BACKLOG, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** The step of `listen` that opens the socket, in every version of Node. */
type OwnListen = {
  readonly _listen2?: (
    address: null,
    port: null,
    addressType: null,
    backlog: number,
    fd: number,
  ) => void
}

/**
 * Begins to listen on a socket that this process has, also in a worker of node:cluster: there `listen` would
 * ask the primary for a socket. It rejects with the system's error.
 *
 * @param fd a bound socket, which the server then owns
 */
export const startOwnServer = (server: Server, fd: number): Promise<void> => {
  const own = server as unknown as OwnListen
  if (!cluster.isWorker || !own._listen2) return startServer(server, { fd })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    own._listen2?.(null, null, null, LISTEN_BACKLOG, fd)
  })
}
