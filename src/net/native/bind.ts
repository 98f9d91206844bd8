import { fail } from '../../core/fail.ts'
import type { Ip } from '../../core/ip.ts'
import { parseIp } from '../../core/ip.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import {
  AF,
  ERRNO,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SHUT,
  SO,
  SOCK,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import { encodeSocketAddress, localEnd } from '../../libc/socket-address.ts'
import { LISTEN_BACKLOG } from '../listen.ts'

const ON = Int32Array.of(1)

/** A TCP socket before bind(2). */
type OpenNative = {
  readonly fd: number
  readonly ip: Ip
  /** The index of the interface that the address names; 0 if it names none, or one that does not exist. */
  readonly scope: number
  /**
   * Checks the result of a call on the socket, and closes the socket if it failed.
   *
   * @throws an error as Node makes it, with the address
   */
  readonly call: (syscall: string, result: number) => void
}

/**
 * Opens a non-blocking TCP socket of an address's family. IPv6 sockets get IPV6_V6ONLY: without it `::`
 * would occupy the port for IPv4 as well, and conflict with 0.0.0.0.
 *
 * @param host an IP literal, with its zone if it has one
 * @param port used in error messages only
 * @returns the descriptor, which the caller closes
 * @throws ERR_INVALID_ADDRESS, or an error as Node makes it, such as EMFILE
 */
export const openNative = (libc: Libc, host: string, port: number): OpenNative => {
  const ip = parseIp(host)
  if (!ip) throw fail('ERR_INVALID_ADDRESS', `"${host}" is not an IP address`, { found: host })
  const where = { address: host, port }
  const domain = ip.family === 4 ? AF.INET : AF.INET6
  const fd = libc.socket(domain, SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0)
  if (fd < 0) throw errnoError(fd, 'socket', where)
  const call = (syscall: string, result: number): void => {
    if (result >= 0) return
    libc.close(fd)
    throw errnoError(result, syscall, where)
  }
  if (ip.family === 6) call('setsockopt', libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, ON))
  return { fd, ip, scope: ip.zone === undefined ? 0 : libc.ifNametoindex(ip.zone), call }
}

/**
 * Opens a non-blocking socket that listens on an address. Accepted connections inherit its options: Nagle's
 * algorithm is off, and what `tune` sets.
 *
 * @param reusePort other sockets of this user may listen on the address too, and share its connections
 *   (SO_REUSEPORT)
 * @param tune called with the descriptor before it listens
 * @returns the descriptor, which the caller closes
 * @throws an error as Node makes it, such as EADDRINUSE; EADDRNOTAVAIL for a zone that is no interface
 */
export const bindNative = (
  libc: Libc,
  { host, port }: SocketAddress & { readonly type: 'tcp' },
  reusePort = false,
  tune: (fd: number) => void = () => {},
): number => {
  const { fd, ip, scope, call } = openNative(libc, host, port)
  const option = (level: number, name: number): void =>
    call('setsockopt', libc.setsockopt(fd, level, name, ON))
  // Connections of an earlier process in TIME_WAIT must not block the port.
  option(SOL_SOCKET, SO.REUSEADDR)
  if (reusePort) option(SOL_SOCKET, SO.REUSEPORT)
  option(IPPROTO_TCP, TCP_NODELAY)
  tune(fd)
  if (ip.zone !== undefined && scope === 0) call('bind', -ERRNO.EADDRNOTAVAIL)
  const address = encodeSocketAddress(ip, port, scope)
  call('bind', libc.bind(fd, address, address.length))
  call('listen', libc.listen(fd, LISTEN_BACKLOG))
  return fd
}

/** A port on which only other sockets of this user with SO_REUSEPORT may listen. */
export type ReservedPort = {
  /** The actual port. */
  readonly port: number
  /** Releases the port. A second call does nothing. */
  readonly close: () => void
}

const OFF = Int32Array.of(0)

/**
 * Reserves a port for several processes that will share it by SO_REUSEPORT. With this option alone a second
 * daemon of the same user could listen there without an error. The reserving socket accepts no connections.
 *
 * If several daemons try at a time, listen(2) lets one succeed, because no socket of the port has
 * SO_REUSEPORT yet. The winner then sets SO_REUSEPORT and clears SO_REUSEADDR, so that sockets with
 * SO_REUSEPORT may listen, and others fail. shutdown(2) stops listening and keeps the port.
 *
 * @param host an IP literal, with its zone if it has one
 * @param port 0: any free one
 * @throws ERR_INVALID_ADDRESS, or an error as Node makes it, such as EADDRINUSE or EADDRNOTAVAIL
 */
export const reservePort = (libc: Libc, host: string, port: number): ReservedPort => {
  const { fd, ip, scope, call } = openNative(libc, host, port)
  const option = (name: number, value: Int32Array): void =>
    call('setsockopt', libc.setsockopt(fd, SOL_SOCKET, name, value))
  // Connections of an earlier daemon in TIME_WAIT must not block the port. A free port has none.
  if (port !== 0) option(SO.REUSEADDR, ON)
  const address = encodeSocketAddress(ip, port, scope)
  call('bind', libc.bind(fd, address, address.length))
  if (port !== 0) {
    call('listen', libc.listen(fd, 0))
    option(SO.REUSEADDR, OFF)
  }
  option(SO.REUSEPORT, ON)
  if (port !== 0) call('shutdown', libc.shutdown(fd, SHUT.RDWR))
  let isOpen = true
  return {
    port: port === 0 ? (localEnd(libc, fd)?.port ?? 0) : port,
    close: () => {
      if (isOpen) libc.close(fd)
      isOpen = false
    },
  }
}
