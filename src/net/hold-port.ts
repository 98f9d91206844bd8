import { fail } from '../core/fail.ts'
import { parseIp } from '../core/ip.ts'
import { AF, IPPROTO_IPV6, IPV6_V6ONLY, SHUT, SO, SOCK, SOL_SOCKET } from '../libc/constants.ts'
import { errnoError } from '../libc/errno-error.ts'
import { encodeSocketAddress, localEnd } from '../libc/socket-address.ts'
import type { Libc } from '../libc/types.ts'

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
  const option = (name: number, value: Int32Array): void =>
    call('setsockopt', libc.setsockopt(fd, SOL_SOCKET, name, value))
  if (ip.family === 6) call('setsockopt', libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, ON))
  const scope = ip.zone === undefined ? 0 : libc.ifNametoindex(ip.zone)
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
