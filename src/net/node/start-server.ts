import type { AddressInfo, ListenOptions, Server } from 'node:net'
import { createServer, isIPv6 } from 'node:net'
import { LISTEN_BACKLOG } from '../listen.ts'

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

/**
 * Checks that a TCP port is free, by listening on it exclusively for a moment. Another process may still
 * take it afterwards.
 *
 * @param host an IP literal
 * @param port 0: any free one
 * @returns the actual port; rejects with the system's error, such as EADDRINUSE or EADDRNOTAVAIL
 */
export const probePort = async (host: string, port: number): Promise<number> => {
  const server = createServer()
  await startServer(server, { host, port, ipv6Only: isIPv6(host), exclusive: true })
  const { port: real } = server.address() as AddressInfo
  await new Promise<void>(resolve => {
    server.close(() => resolve())
  })
  return real
}
