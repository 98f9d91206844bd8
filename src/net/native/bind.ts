import type { ListenAddress } from '../../core/listen-address.ts'
import { ERRNO, IPPROTO_TCP, SO, SOL_SOCKET, TCP_NODELAY } from '../../libc/constants.ts'
import { encodeSocketAddress } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import { LISTEN_BACKLOG } from '../node/start-server.ts'
import { openNative } from './open.ts'

const ON = Int32Array.of(1)

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
  { host, port }: ListenAddress & { readonly type: 'tcp' },
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
