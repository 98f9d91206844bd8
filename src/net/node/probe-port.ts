import type { AddressInfo } from 'node:net'
import { createServer, isIPv6 } from 'node:net'
import { startServer } from './start-server.ts'

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
