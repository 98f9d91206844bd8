import { SHUT, SO, SOL_SOCKET } from '../../libc/constants.ts'
import { encodeSocketAddress, localEnd } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import { openNative } from './open.ts'

/** A port that others of this user may listen on by SO_REUSEPORT, and nobody else. */
export type HeldPort = {
  /** The real port. */
  readonly port: number
  /** Gives it back. Called again it does nothing. */
  readonly close: () => void
}

const ON = Int32Array.of(1)
const OFF = Int32Array.of(0)

/**
 * Takes a port for several processes that are going to share it by SO_REUSEPORT. That option makes
 * two daemons of one user share a port without an error, so somebody has to hold it without. Nothing
 * is accepted by the socket that holds it.
 *
 * Of several that try at a time one alone gets it: listen(2) decides, where no socket of the port has
 * SO_REUSEPORT. From then on the socket has it, and has SO_REUSEADDR no more: those who listen by
 * SO_REUSEPORT get in, and who tries to hold the port, or to listen on it alone, does not. shutdown(2)
 * ends the listening, and leaves the port to the socket.
 *
 * @param host an IP literal, with its zone where it has one
 * @param port 0: any free one
 * @throws ERR_INVALID_ADDRESS, or an error as Node makes it, such as EADDRINUSE or EADDRNOTAVAIL
 */
export const holdPort = (libc: Libc, host: string, port: number): HeldPort => {
  const { fd, ip, scope, call } = openNative(libc, host, port)
  const option = (name: number, value: Int32Array): void =>
    call('setsockopt', libc.setsockopt(fd, SOL_SOCKET, name, value))
  // What connections of an earlier daemon have left (TIME_WAIT) is no hindrance; of a free port there is none.
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
