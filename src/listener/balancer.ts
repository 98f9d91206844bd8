import type { Cidr } from '../core/cidr.ts'
import { containsPeer } from '../core/cidr.ts'
import { formatHostPort } from '../core/host-port.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import { isSpecial } from '../core/special-addresses.ts'
import type { ProxyEnd, ProxyEnds, ProxyHeader } from '../wire/proxy-protocol/header.ts'
import type { Accepted, Peer } from './accepted.ts'

/** Whether a peer is one of the load balancers that must send a PROXY protocol header. */
export const isBalancer = (from: readonly Cidr[], { ip }: Peer): boolean => containsPeer(from, ip)

/**
 * The client that a header names. A header without an address leaves the balancer as the client, without
 * the rights of a client on this host. A loopback address counts as one of this host only if the balancer is
 * on this host.
 */
export const clientOf = (header: ProxyHeader, balancer: Peer): Peer => {
  if (header.type === 'local') return balancer
  if (header.type === 'unknown') return { ...balancer, isLocal: false }
  const ip = unmapIp(header.source.ip)
  const key = formatIp(ip)
  const text = formatHostPort({ host: key, port: header.source.port })
  return { text, key, ip, isLocal: balancer.isLocal && isSpecial('loopback', ip) }
}

const unmapEnd = ({ ip, port }: ProxyEnd): ProxyEnd => ({ ip: unmapIp(ip), port })

const endOf = (address?: string, port?: number): ProxyEnd | undefined => {
  const ip = address === undefined ? undefined : parseIp(address)
  return ip && port !== undefined ? { ip: unmapIp(ip), port } : undefined
}

/**
 * The ends of a client's connection, for the header to its target: the client's address and the address
 * that it reached, both as the incoming header has them if there was one. Null for a client without an
 * address.
 */
export const endsOf = ({ socket, start }: Pick<Accepted, 'socket' | 'start'>): ProxyEnds | null => {
  const header = start?.header
  if (header?.type === 'unknown') return null
  if (header?.type === 'proxied') {
    return { source: unmapEnd(header.source), destination: unmapEnd(header.destination) }
  }
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  const source = endOf(remoteAddress, remotePort)
  const destination = endOf(localAddress, localPort)
  return source && destination ? { source, destination } : null
}
