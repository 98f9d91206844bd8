import { hasForeignLoopback } from '../access/foreign-loopback.ts'
import type { Cidr } from '../core/cidr.ts'
import { cidrContains } from '../core/cidr.ts'
import type { Peer } from './accepted.ts'

/**
 * Checks a client against the `clients` of its listener. The mode of the socket's file controls access to a
 * UNIX socket.
 *
 * @param clients null: all
 * @returns why it may not connect, for people; null if it may
 */
export const clientRefusal = (clients: readonly Cidr[] | null, peer: Peer): string | null => {
  const { ip, key } = peer
  if (clients === null) return null
  const isListed = ip === null || clients.some(cidr => cidrContains(cidr, ip))
  if (isListed && !hasForeignLoopback(peer)) return null
  return `${key} is not among the clients of this listener`
}
