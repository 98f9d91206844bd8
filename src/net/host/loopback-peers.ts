import type { Socket as UdpSocket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'

const LOOPBACK = '127.0.0.1'

/** The third and fourth byte of a message hold its flags (RFC 1035 section 4.1.1). */
const FLAGS_AT_BYTES = 2
const RESPONSE_NO_SUCH_NAME = Uint8Array.of(0x84, 0x03)

/** Two servers of this process on loopback. */
export type LoopbackPeers = {
  /** A TCP server that closes each connection. */
  readonly tcpPort: number
  /** A DNS server that answers each query with NXDOMAIN. */
  readonly dnsPort: number
  readonly close: () => void
}

const portOf = (server: Server | UdpSocket): number => (server.address() as AddressInfo).port

/** Opens both servers. Rejects with the system's error if this host has no 127.0.0.1. */
export const openLoopbackPeers = async (): Promise<LoopbackPeers> => {
  const tcp = createServer(socket => socket.destroy())
  const udp = createSocket('udp4')
  const close = (): void => {
    tcp.close()
    udp.close()
  }
  udp.on('message', (query, { port, address }) => {
    query.set(RESPONSE_NO_SUCH_NAME, FLAGS_AT_BYTES)
    udp.send(query, port, address)
  })
  try {
    tcp.listen(0, LOOPBACK)
    udp.bind(0, LOOPBACK)
    await Promise.all([once(tcp, 'listening'), once(udp, 'listening')])
  } catch (error) {
    close()
    throw error
  }
  return { tcpPort: portOf(tcp), dnsPort: portOf(udp), close }
}
