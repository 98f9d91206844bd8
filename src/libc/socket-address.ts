import type { Ip } from '../core/ip.ts'
import { formatIp } from '../core/ip.ts'
import type { SocketEnd } from '../core/stream-socket.ts'
import { AF } from './constants.ts'
import type { Libc } from './libc.ts'

/** Size in bytes of `struct sockaddr_in`, and of `struct sockaddr_in6`, the larger one (ip(7), ipv6(7)). */
const IN_BYTES = 16
const IN6_BYTES = 28

/** A buffer for an address that a call writes, and for its length. */
export type SocketAddressBuffer = { readonly bytes: Uint8Array; readonly length: Uint32Array }

/** Creates a reusable buffer; set `length` to the size of `bytes` before each call. */
export const createSocketAddressBuffer = (): SocketAddressBuffer => ({
  bytes: new Uint8Array(IN6_BYTES),
  length: Uint32Array.of(IN6_BYTES),
})

/**
 * Encodes an address for bind(2) and connect(2); pass the whole array.
 *
 * @param port 0 to 65,535
 * @param scope the index of the interface that the zone names; 0: none. Ignored for IPv4
 */
export const encodeSocketAddress = ({ family, bytes }: Ip, port: number, scope = 0): Uint8Array => {
  const address = new Uint8Array(family === 4 ? IN_BYTES : IN6_BYTES)
  // The family is in host byte order, which is little-endian on all supported architectures.
  address[0] = family === 4 ? AF.INET : AF.INET6
  // The port is in network byte order, like the bytes of the address.
  address[2] = port >> 8
  address[3] = port & 0xff
  address.set(bytes, family === 4 ? 4 : 8)
  if (family === 6) new DataView(address.buffer).setUint32(24, scope, true)
  return address
}

/** Before the path of `struct sockaddr_un` come the two bytes of its family (unix(7)). */
const UN_FAMILY_BYTES = 2

/** Size of `struct sockaddr_un`. */
const UN_BYTES = 110

/**
 * Encodes the path of a UNIX socket for bind(2) and sendto(2) (unix(7)); pass the whole array.
 *
 * @param path at most 107 bytes, without a NUL; `@name` is the name of an abstract socket
 */
export const encodeUnixAddress = (path: string): Uint8Array => {
  const bytes = Buffer.from(path)
  const isAbstract = path.startsWith('@')
  // A path ends with a NUL; an abstract name begins with one, and ends with the address.
  const address = new Uint8Array(UN_FAMILY_BYTES + bytes.length + (isAbstract ? 0 : 1))
  address[0] = AF.UNIX
  address.set(bytes, UN_FAMILY_BYTES)
  if (isAbstract) address[UN_FAMILY_BYTES] = 0
  return address
}

/**
 * The path to which a UNIX socket is bound, from getsockname(2): `@name` for an abstract socket.
 *
 * @returns undefined for a socket of another family, one without a name, and if the call fails
 */
export const unixPath = (libc: Libc, fd: number): string | undefined => {
  const bytes = Buffer.alloc(UN_BYTES)
  const length = Uint32Array.of(UN_BYTES)
  if (libc.getsockname(fd, bytes, length) < 0 || bytes[0] !== AF.UNIX) return undefined
  const name = bytes.subarray(UN_FAMILY_BYTES, Math.min(UN_BYTES, length[0] ?? 0))
  if (name.length === 0) return undefined
  if (name[0] === 0) return `@${name.toString('utf8', 1)}`
  const end = name.indexOf(0)
  return name.toString('utf8', 0, end === -1 ? name.length : end)
}

/** fe80::/10 (RFC 4291 section 2.5.6). */
const isLinkLocal = (bytes: Uint8Array): boolean =>
  bytes[8] === 0xfe && ((bytes[9] ?? 0) & 0xc0) === 0x80

/**
 * Decodes an address that accept(2), getsockname(2) or getpeername(2) wrote. A link-local address gets its
 * zone, by name.
 *
 * @returns undefined for the address of a UNIX socket
 */
export const decodeSocketAddress = (
  bytes: Uint8Array,
  libc: Pick<Libc, 'ifIndextoname'>,
): SocketEnd | undefined => {
  const port = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0)
  if (bytes[0] === AF.INET) {
    return { address: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`, port }
  }
  if (bytes[0] === AF.UNIX) return undefined
  const address = formatIp({ family: 6, bytes: bytes.subarray(8, 24) })
  if (!isLinkLocal(bytes)) return { address, port }
  const scope = new DataView(bytes.buffer, bytes.byteOffset).getUint32(24, true)
  // An interface that was removed has no name any more.
  const zone = libc.ifIndextoname(scope)
  return { address: zone === null ? address : `${address}%${zone}`, port }
}

const buffer = createSocketAddressBuffer()

const readEnd = (
  libc: Libc,
  call: 'getsockname' | 'getpeername',
  fd: number,
): SocketEnd | undefined => {
  buffer.length[0] = IN6_BYTES
  if (libc[call](fd, buffer.bytes, buffer.length) < 0) return undefined
  return decodeSocketAddress(buffer.bytes, libc)
}

/** The local end of a socket from getsockname(2); undefined for a UNIX socket, and if the call fails. */
export const localEnd = (libc: Libc, fd: number): SocketEnd | undefined =>
  readEnd(libc, 'getsockname', fd)

/**
 * The remote end of a socket from getpeername(2); undefined for a UNIX socket, and if the socket is not
 * connected.
 */
export const peerEnd = (libc: Libc, fd: number): SocketEnd | undefined =>
  readEnd(libc, 'getpeername', fd)
