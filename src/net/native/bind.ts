import type { ListenAddress } from '../../core/listen-address.ts'
import { ERRNO, IPPROTO_TCP, SO, SOL_SOCKET, TCP_NODELAY } from '../../libc/constants.ts'
import { encodeSocketAddress } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import { LISTEN_BACKLOG } from '../node/start-server.ts'
import { openNative } from './open.ts'

const ON = Int32Array.of(1)

/**
 * A socket that listens on an address and does not block. What is accepted from it has its options:
 * Nagle's algorithm is off, and whatever `tune` sets.
 *
 * @param reusePort other sockets of this user may listen there too, and share what comes (SO_REUSEPORT)
 * @param tune gets the descriptor before it listens
 * @returns the descriptor, the caller's to close
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
  // What connections of an earlier process have left (TIME_WAIT) does not keep the port.
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
