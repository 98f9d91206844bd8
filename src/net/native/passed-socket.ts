import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import {
  AF,
  ERRNO,
  IPPROTO_MPTCP,
  IPPROTO_TCP,
  SO,
  SOCK,
  SOL_SOCKET,
} from '../../libc/constants.ts'
import type { Libc } from '../../libc/libc.ts'
import { localEnd, unixPath } from '../../libc/socket-address.ts'

/** A descriptor that is a listening stream socket, or why it is not one. */
export type PassedSocket =
  | { readonly ok: true; readonly address: SocketAddress }
  /** For people, after "it": `is a datagram socket`. */
  | { readonly ok: false; readonly fault: string }

const STREAM_PROTOCOLS: ReadonlySet<number> = new Set([0, IPPROTO_TCP, IPPROTO_MPTCP])

const wrong = (fault: string): PassedSocket => ({ ok: false, fault })

/** Finds out what a descriptor is that another process has passed to this one. */
export const inspectPassed = (libc: Libc, fd: number): PassedSocket => {
  const value = new Int32Array(1)
  const option = (name: number): number => {
    const result = libc.getsockopt(fd, SOL_SOCKET, name, value)
    return result < 0 ? result : (value[0] ?? 0)
  }
  const type = option(SO.TYPE)
  if (type === -ERRNO.EBADF) return wrong('is not open')
  if (type < 0) return wrong('is not a socket')
  if (type === SOCK.DGRAM) return wrong('is a datagram socket (ListenDatagram=)')
  if (type !== SOCK.STREAM) return wrong('is not a stream socket')
  const domain = option(SO.DOMAIN)
  const isInternet = domain === AF.INET || domain === AF.INET6
  if (!isInternet && domain !== AF.UNIX) return wrong(`is a socket of address family ${domain}`)
  if (isInternet && !STREAM_PROTOCOLS.has(option(SO.PROTOCOL))) return wrong('is not a TCP socket')
  if (option(SO.ACCEPTCONN) !== 1) {
    return wrong('does not listen: it may be one connection (Accept=yes)')
  }
  if (!isInternet) {
    const path = unixPath(libc, fd)
    return { ok: true, address: { type: 'unix', path: path ?? '', passed: fd } }
  }
  const end = localEnd(libc, fd)
  const ip = end && parseIp(end.address)
  if (!end || !ip) return wrong('has no address')
  return {
    ok: true,
    address: { type: 'tcp', host: formatIp(unmapIp(ip)), port: end.port, passed: fd },
  }
}
