import type { ListenOptions, Server } from 'node:net'

/** Connections that may wait for accept(2); the system may allow fewer (net.core.somaxconn). */
export const LISTEN_BACKLOG = 4096

/**
 * Begins to listen, with a backlog of `LISTEN_BACKLOG`. Rejects with the system's error. `bind` and `listen` have been called when it returns.
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
