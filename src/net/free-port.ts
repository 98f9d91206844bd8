import type { AddressInfo } from 'node:net'
import { createServer, isIPv6 } from 'node:net'
import { startServer } from './start-server.ts'

/**
 * A TCP port of an address that nobody listens on just now. Somebody else may take it before it is used.
 *
 * @param host an IP literal
 * @returns rejects with the system's error, such as EADDRNOTAVAIL
 */
export const freePort = async (host: string): Promise<number> => {
  const server = createServer()
  await startServer(server, { host, port: 0, ipv6Only: isIPv6(host), exclusive: true })
  const { port } = server.address() as AddressInfo
  await new Promise<void>(resolve => {
    server.close(() => resolve())
  })
  return port
}
