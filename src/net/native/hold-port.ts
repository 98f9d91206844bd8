import { SHUT, SO, SOL_SOCKET } from '../../libc/constants.ts'
import { encodeSocketAddress, localEnd } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import { openNative } from './bind.ts'

/** A port on which only other sockets of this user with SO_REUSEPORT may listen. */
export type HeldPort = {
  /** The actual port. */
  readonly port: number
  /** Releases the port. A second call does nothing. */
  readonly close: () => void
}

const ON = Int32Array.of(1)
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
export const holdPort = (libc: Libc, host: string, port: number): HeldPort => {
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
