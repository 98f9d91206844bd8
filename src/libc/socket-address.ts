import type { Ip } from '../core/ip.ts'
import { formatIp } from '../core/ip.ts'
import type { SocketEnd } from '../core/socket-end.ts'
import { AF } from './constants.ts'
import type { Libc } from './types.ts'

/** One end of a TCP connection: an IP literal in canonical text, with its zone where it has one, and a port. */

/** Bytes of `struct sockaddr_in` and of `struct sockaddr_in6`, the larger of the two (ip(7), ipv6(7)). */
const IN_BYTES = 16
const IN6_BYTES = 28

/** Room for an address that a call is to write, and for its length. */
export type SocketAddressRoom = { readonly bytes: Uint8Array; readonly length: Uint32Array }

/** Makes room that may be used again and again: `length` must hold the size of `bytes` before each call. */
export const createSocketAddressRoom = (): SocketAddressRoom => ({
  bytes: new Uint8Array(IN6_BYTES),
  length: Uint32Array.of(IN6_BYTES),
})

/**
 * An address as bind(2) and connect(2) want it; all of the array is to be given.
 *
 * @param port 0 to 65,535
 * @param scope the number of the interface that a zone names; 0: none. IPv4 has none
 */
export const encodeSocketAddress = ({ family, bytes }: Ip, port: number, scope = 0): Uint8Array => {
  const address = new Uint8Array(family === 4 ? IN_BYTES : IN6_BYTES)
  // The family is in the host's order, which is little-endian wherever eyeballd makes these calls.
  address[0] = family === 4 ? AF.INET : AF.INET6
  // In network order, as the bytes of the address.
  address[2] = port >> 8
  address[3] = port & 0xff
  address.set(bytes, family === 4 ? 4 : 8)
  if (family === 6) new DataView(address.buffer).setUint32(24, scope, true)
  return address
}

/** fe80::/10 (RFC 4291 section 2.5.6). */
const isLinkLocal = (bytes: Uint8Array): boolean =>
  bytes[8] === 0xfe && ((bytes[9] ?? 0) & 0xc0) === 0x80

/** What accept(2), getsockname(2) or getpeername(2) wrote. A link-local address has its zone, by name. */
export const decodeSocketAddress = (
  bytes: Uint8Array,
  libc: Pick<Libc, 'ifIndextoname'>,
): SocketEnd => {
  const port = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0)
  if (bytes[0] === AF.INET) {
    return { address: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`, port }
  }
  const address = formatIp({ family: 6, bytes: bytes.subarray(8, 24) })
  if (!isLinkLocal(bytes)) return { address, port }
  const scope = new DataView(bytes.buffer, bytes.byteOffset).getUint32(24, true)
  // An interface that has gone has no name any more.
  const zone = libc.ifIndextoname(scope)
  return { address: zone === null ? address : `${address}%${zone}`, port }
}

const room = createSocketAddressRoom()

const readEnd = (
  libc: Libc,
  call: 'getsockname' | 'getpeername',
  fd: number,
): SocketEnd | undefined => {
  room.length[0] = IN6_BYTES
  if (libc[call](fd, room.bytes, room.length) < 0) return undefined
  return decodeSocketAddress(room.bytes, libc)
}

/** The local end of a socket by getsockname(2); undefined where the system does not say it. */
export const localEnd = (libc: Libc, fd: number): SocketEnd | undefined =>
  readEnd(libc, 'getsockname', fd)

/** The other end of a socket by getpeername(2); undefined where it is not connected. */
export const peerEnd = (libc: Libc, fd: number): SocketEnd | undefined =>
  readEnd(libc, 'getpeername', fd)
