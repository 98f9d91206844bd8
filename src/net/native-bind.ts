import { fail } from '../core/fail.ts'
import { parseIp } from '../core/ip.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import {
  AF,
  ERRNO,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO,
  SOCK,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../libc/constants.ts'
import { errnoError } from '../libc/errno-error.ts'
import { encodeSocketAddress } from '../libc/socket-address.ts'
import type { Libc } from '../libc/types.ts'
import { LISTEN_BACKLOG } from './start-server.ts'

const ON = Int32Array.of(1)

/**
 * A socket that listens on an address and does not block. What is accepted from it has its options:
 * Nagle's algorithm is off, and the system asks peers that are silent for hours whether they are there.
 *
 * @param reusePort other sockets of this user may listen there too, and share what comes (SO_REUSEPORT)
 * @returns the descriptor, the caller's to close
 * @throws an error as Node makes it, such as EADDRINUSE; EADDRNOTAVAIL for a zone that is no interface
 */
export const bindNative = (
  libc: Libc,
  { host, port }: ListenAddress & { readonly type: 'tcp' },
  reusePort = false,
): number => {
  const ip = parseIp(host)
  if (!ip) throw fail('ERR_INVALID_ADDRESS', `"${host}" is not an IP address`, { found: host })
  const where = { address: host, port }
  const domain = ip.family === 4 ? AF.INET : AF.INET6
  const fd = libc.socket(domain, SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0)
  if (fd < 0) throw errnoError(fd, 'socket', where)
  const call = (name: string, result: number): void => {
    if (result >= 0) return
    libc.close(fd)
    throw errnoError(result, name, where)
  }
  const option = (level: number, name: number): void =>
    call('setsockopt', libc.setsockopt(fd, level, name, ON))
  // What connections of an earlier process have left (TIME_WAIT) does not keep the port.
  option(SOL_SOCKET, SO.REUSEADDR)
  if (reusePort) option(SOL_SOCKET, SO.REUSEPORT)
  // Else `::` would take the port for IPv4 as well, and 0.0.0.0 on it would clash.
  if (ip.family === 6) option(IPPROTO_IPV6, IPV6_V6ONLY)
  option(IPPROTO_TCP, TCP_NODELAY)
  option(SOL_SOCKET, SO.KEEPALIVE)
  const scope = ip.zone === undefined ? 0 : libc.ifNametoindex(ip.zone)
  if (ip.zone !== undefined && scope === 0) call('bind', -ERRNO.EADDRNOTAVAIL)
  const address = encodeSocketAddress(ip, port, scope)
  call('bind', libc.bind(fd, address, address.length))
  call('listen', libc.listen(fd, LISTEN_BACKLOG))
  return fd
}
