import type { Egress } from '../../core/egress.ts'
import { usesFamily } from '../../core/egress.ts'
import { failWithCode } from '../../core/fail.ts'
import type { Family } from '../../core/ip.ts'
import { AF, ERRNO, IPPROTO_MPTCP, SOCK } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import type { MissingEgress } from '../egress-networks.ts'
import type { SocketOption } from './egress-options.ts'
import { socketOptions } from './egress-options.ts'

const FAMILIES: readonly Family[] = [4, 6]

const CAPABILITIES: Readonly<Partial<Record<SocketOption['key'], string>>> = {
  interface: 'the capability CAP_NET_RAW (Linux before 5.7)',
  mark: 'the capability CAP_NET_ADMIN (or CAP_NET_RAW, from Linux 5.17 on)',
  congestion: 'the capability CAP_NET_ADMIN, or a place in net.ipv4.tcp_allowed_congestion_control',
}

const reasonOf = (key: SocketOption['key'], errno: number, isMptcp: boolean): string => {
  const capability = CAPABILITIES[key]
  if (errno === -ERRNO.EPERM && capability !== undefined) {
    return `which this process may not set: it needs ${capability}`
  }
  if (key === 'congestion' && errno === -ERRNO.ENOENT) {
    return 'which this kernel does not have: net.ipv4.tcp_available_congestion_control lists those it has'
  }
  if (isMptcp && (errno === -ERRNO.ENOPROTOOPT || errno === -ERRNO.EOPNOTSUPP)) {
    return 'which this kernel cannot set on sockets of Multipath TCP: leave it or mptcp out'
  }
  return `which this kernel refuses (${errnoError(errno, 'setsockopt').code})`
}

/** Error numbers of socket(2) for a kernel without MPTCP, and with `net.mptcp.enabled` 0. */
const NO_MPTCP: ReadonlySet<number> = new Set([
  -ERRNO.EPROTONOSUPPORT,
  -ERRNO.ENOPROTOOPT,
  -ERRNO.EINVAL,
])

/**
 * Sets the options of one family on a new socket.
 *
 * @param isMptcp only the options that exist there; on a socket of TCP only the name of the congestion control
 *   algorithm is checked, because Multipath TCP accepts any
 */
const missingOn = (
  libc: Libc,
  options: readonly SocketOption[],
  family: Family,
  isMptcp: boolean,
): MissingEgress | undefined => {
  const domain = family === 4 ? AF.INET : AF.INET6
  const fd = libc.socket(domain, SOCK.STREAM | SOCK.CLOEXEC, isMptcp ? IPPROTO_MPTCP : 0)
  // Attempts to this family fail, with or without the options.
  if (fd === -ERRNO.EAFNOSUPPORT) return undefined
  if (isMptcp && NO_MPTCP.has(fd)) {
    const reason = 'which this kernel cannot do: it has no Multipath TCP, or net.mptcp.enabled is 0'
    return { key: 'mptcp', reason }
  }
  if (fd < 0) {
    const { code } = errnoError(fd, 'socket')
    throw failWithCode(code, `egress cannot be checked, because no socket can be opened (${code})`)
  }
  try {
    for (const { key, level, name, value } of options) {
      const result = libc.setsockopt(fd, level, name, value)
      // The interface may come later.
      if (result >= 0 || (key === 'interface' && result === -ERRNO.ENODEV)) continue
      return { key, reason: reasonOf(key, result, isMptcp) }
    }
  } finally {
    libc.close(fd)
  }
  return undefined
}

/**
 * Tries an egress on sockets that it closes at once.
 *
 * @throws the system's error if it has no socket (EMFILE)
 */
export const missingNativeEgress = (libc: Libc, egress: Egress): MissingEgress | undefined => {
  for (const family of FAMILIES) {
    const options = socketOptions(egress, family)
    const isUsed = usesFamily(egress, family) && (options.length > 0 || egress.mptcp)
    if (!isUsed) continue
    const missing =
      missingOn(libc, options, family, egress.mptcp) ??
      (egress.mptcp
        ? missingOn(
            libc,
            options.filter(({ key }) => key === 'congestion'),
            family,
            false,
          )
        : undefined)
    if (missing) return missing
  }
  return undefined
}
