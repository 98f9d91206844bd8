import type { Deadline } from '../core/deadlines.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Ip } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { isSpecial } from '../core/special-addresses.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { ProxyHeader } from '../wire/proxy-protocol/header.ts'

/** Upper bound of the random start of the counter: ids stay short, and two runs rarely start alike. */
const START_MAX = 36 ** 4

/**
 * Creates a generator of connection ids: `c` and a counter in base 36, unique within one run. The counter
 * starts at a random number, so that log lines of two runs are not mistaken for one connection.
 *
 * @param random returns a number from 0 (included) to 1 (excluded)
 * @param suffix follows the counter; each process with its own counter needs its own suffix
 */
export const createConnectionIds = (random: () => number, suffix = ''): (() => string) => {
  let next = Math.floor(random() * START_MAX)
  return () => `c${(next++).toString(36)}${suffix}`
}

/** How a client reached its listener. */
export type Transport = ListenAddress['type']

/** The remote end of an accepted connection. */
export type Peer = {
  /** Text for people and the log: `address:port`, or `unix`. */
  readonly text: string
  /** The key that all connections of one client share: its address, or `unix`. */
  readonly key: string
  /** Never IPv4-mapped; null on a UNIX socket. */
  readonly ip: Ip | null
  /** Whether the client is on this host: on loopback or on a UNIX socket; `clientOf` decides it by a header. */
  readonly isLocal: boolean
}

/** Octets of an IPv6 address that identify one client: a host has a whole /64 (RFC 7421). */
const CLIENT_OCTETS = 8

/** The key of clients on UNIX sockets. */
const UNIX_KEY = 'unix'

/** The key of the network of ::1. */
const LOOPBACK_NETWORK = '0.0.0.0.0.0.0.0'

/** Follows the key of a client that only seems to be on this host: a load balancer connects it. */
const FOREIGN = ' behind a load balancer'

const addressShare = ({ key, ip }: Peer): string =>
  ip?.family === 6 && ip.zone === undefined ? ip.bytes.subarray(0, CLIENT_OCTETS).join('.') : key

/** Whether a key is that of a UNIX socket, of 127.0.0.0/8, or of the network of ::1. */
const isLoopbackShare = (share: string, ip: Ip | null): boolean =>
  ip === null || (ip.family === 4 ? ip.bytes[0] === 127 : share === LOOPBACK_NETWORK)

/**
 * Returns the key for sharing resources fairly among clients: the address, or the IPv6 network (/64), in
 * which a host may have any number of addresses. Each link-local address is a client of its own.
 */
export const shareOf = (peer: Peer): string => {
  const share = addressShare(peer)
  return !peer.isLocal && isLoopbackShare(share, peer.ip) ? `${share}${FOREIGN}` : share
}

/** The keys of clients on this host. */
const LOCAL_SHARE = /^(?:unix|127(?:\.\d+){3}|0(?:\.0){7})$/

/** Whether a key of `shareOf` is that of clients on this host, which many users and programs share. */
export const isLocalShare = (share: string): boolean => LOCAL_SHARE.test(share)

/** Writes a key of `shareOf` for people: an address, or a network. */
export const shareText = (share: string): string => {
  const octets = share.replace(FOREIGN, '').split('.')
  if (octets.length !== CLIENT_OCTETS) return share
  const bytes = new Uint8Array(2 * CLIENT_OCTETS)
  bytes.set(octets.map(Number))
  return `${formatIp({ family: 6, bytes })}/${8 * CLIENT_OCTETS}`
}

const UNIX: Peer = { text: UNIX_KEY, key: UNIX_KEY, ip: null, isLocal: true }

/**
 * Reads the remote address of a connection. The listener supplies the transport, because a TCP client that
 * was reset before accept has no remote address either, and must not count as a UNIX socket, which counts
 * as loopback.
 *
 * @returns undefined for such a client, which has already left
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
  // Node's text of an IPv4 address is already canonical.
  const key = parsed.family === 4 ? remoteAddress : formatIp(ip)
  const isLocal = isSpecial('loopback', ip)
  return { text: formatHostPort({ host: key, port: remotePort }), key, ip, isLocal }
}

/** The start of a load balancer's connection, read before its client is known. */
export type ProxiedStart = {
  readonly header: ProxyHeader
  /** The bytes after the header; may be empty. The session owns them. */
  readonly rest: Uint8Array
  /** The deadline of the handshake, which began at accept. The session takes it over. */
  readonly deadline: Deadline
}

/** An accepted connection, before `clients` and admission control are checked. */
export type Accepted = {
  /**
   * Paused, with half-open allowed. The holder of this record owns it until a pipe or a lingering close
   * takes over.
   */
  readonly socket: StreamSocket
  readonly transport: Transport
  /** The client; the one that the header names, if there is a header. */
  readonly peer: Peer
  /** What a load balancer's connection began with; null if the listener expected no header. */
  readonly start: ProxiedStart | null
  /** The connection's id: short, and unique within one run of the daemon. */
  readonly conn: string
  /** The listener's name. */
  readonly listener: string
  /** Milliseconds on the clock of `ListenerParts`. */
  readonly acceptedAt: number
}
