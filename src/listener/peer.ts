import { formatHostPort } from '../core/host-port.ts'
import type { Ip } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import type { StreamSocket } from '../core/stream-socket.ts'

/** How a client reached its listener. */
export type Transport = ListenAddress['type']

/** Who is at the other end of an accepted connection. */
export type Peer = {
  /** For people and the log: `address:port`, or `unix`. */
  readonly text: string
  /** What connections of one client have in common: its address, or `unix`. */
  readonly key: string
  /** Unmapped; null on a UNIX socket. */
  readonly ip: Ip | null
}

/** Octets of an IPv6 address that are one client's: a host has a whole /64 (RFC 7421). */
const CLIENT_OCTETS = 8

/**
 * Whose share of the process's work a client takes: that of its address, or of its IPv6 network (/64),
 * in which a host may have as many addresses as it likes. Link-local addresses are each a client.
 */
export const shareOf = ({ key, ip }: Peer): string =>
  ip?.family === 6 && ip.zone === undefined ? ip.bytes.subarray(0, CLIENT_OCTETS).join('.') : key

const UNIX: Peer = { text: 'unix', key: 'unix', ip: null }

/**
 * Reads who has connected. The transport is the listener's word, not guessed from a missing address:
 * a TCP client that was reset before it was accepted has none either, and must not be taken for one
 * on a UNIX socket, which counts as loopback.
 *
 * @returns undefined for such a client: it is gone
 */
export const readPeer = (
  { remoteAddress, remotePort }: Pick<StreamSocket, 'remoteAddress' | 'remotePort'>,
  transport: Transport,
): Peer | undefined => {
  if (transport === 'unix') return UNIX
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  const parsed = parseIp(remoteAddress)
  if (!parsed) return undefined
  const ip = unmapIp(parsed)
  // The text of an IPv4 address has no second form.
  const key = parsed.family === 4 ? remoteAddress : formatIp(ip)
  return { text: formatHostPort({ host: key, port: remotePort }), key, ip }
}
