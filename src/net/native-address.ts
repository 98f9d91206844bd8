import { formatIp, ipFromBytes } from '../core/ip.ts'
import { AF } from '../libc/constants.ts'
import type { Libc } from '../libc/types.ts'

/** One end of a TCP connection: an IP literal in canonical text, and a port. */
export type SocketEnd = { readonly address: string; readonly port: number }

/** `struct sockaddr_in6`, the larger of the two. */
const ADDRESS_BYTES = 28

const room = new Uint8Array(ADDRESS_BYTES)
const length = new Uint32Array(1)

/** The local end of a socket by getsockname(2); undefined where the system does not say it. */
export const localEnd = (libc: Libc, fd: number): SocketEnd | undefined => {
  length[0] = ADDRESS_BYTES
  if (libc.getsockname(fd, room, length) < 0) return undefined
  // The family is in the host's order, which is little-endian on what eyeballd knows; the port is big-endian.
  const [family = 0, , high = 0, low = 0] = room
  const bytes = family === AF.INET ? room.slice(4, 8) : room.slice(8, 24)
  return { address: formatIp(ipFromBytes(bytes)), port: high * 256 + low }
}
