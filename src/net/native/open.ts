import { fail } from '../../core/fail.ts'
import type { Ip } from '../../core/ip.ts'
import { parseIp } from '../../core/ip.ts'
import { AF, IPPROTO_IPV6, IPV6_V6ONLY, SOCK } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/types.ts'

const ON = Int32Array.of(1)

/** A TCP socket that is about to be bound. */
export type OpenNative = {
  readonly fd: number
  readonly ip: Ip
  /** The number of the interface that the address names; 0 where it names none, or one that is not there. */
  readonly scope: number
  /**
   * Takes what a call on the socket returned: where it failed, the socket is closed.
   *
   * @throws an error as Node makes it, with the address
   */
  readonly call: (syscall: string, result: number) => void
}

/**
 * Makes a TCP socket of an address's family, which does not block. One of IPv6 is for IPv6 alone: else
 * `::` would take the port for IPv4 as well, and 0.0.0.0 on it would clash.
 *
 * @param host an IP literal, with its zone where it has one
 * @param port only named in errors
 * @returns the descriptor is the caller's to close
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
