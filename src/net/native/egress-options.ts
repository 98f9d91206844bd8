import type { Egress, EgressOverride, EgressPath } from '../../core/egress.ts'
import { bindOf, usesFamily } from '../../core/egress.ts'
import type { Family } from '../../core/ip.ts'
import { parseIp } from '../../core/ip.ts'
import { createSetKeepAlive } from '../../libc/connected-socket.ts'
import {
  ERRNO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_MPTCP,
  IPPROTO_TCP,
  IPV6_TCLASS,
  IP_BIND_ADDRESS_NO_PORT,
  IP_TOS,
  SO,
  SOL_SOCKET,
  TCP_CONGESTION,
  TCP_USER_TIMEOUT,
} from '../../libc/constants.ts'
import type { Libc } from '../../libc/libc.ts'
import { encodeSocketAddress } from '../../libc/socket-address.ts'

/** One call of setsockopt(2), and the key of the configuration that it comes from. */
export type SocketOption = {
  readonly key: Exclude<keyof Egress, 'bind4' | 'bind6' | 'keepAlive' | 'noDelay' | 'mptcp'>
  readonly level: number
  readonly name: number
  readonly value: Int32Array | Uint8Array
}

const ON = Int32Array.of(1)

/** A text that ends in a NUL. */
const cString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`)

const pathOptions = ({ interface: device, mark }: EgressPath): SocketOption[] => {
  const options: SocketOption[] = []
  if (device !== null) {
    const value = cString(device)
    options.push({ key: 'interface', level: SOL_SOCKET, name: SO.BINDTODEVICE, value })
  }
  if (mark !== 0) {
    // An unsigned number of 32 bits.
    const value = Int32Array.of(mark | 0)
    options.push({ key: 'mark', level: SOL_SOCKET, name: SO.MARK, value })
  }
  return options
}

/** The options of a TCP socket in the order in which they are set; those at their defaults are left out. */
export const socketOptions = (egress: Egress, family: Family): readonly SocketOption[] => {
  const { congestion, userTimeoutMs, tos } = egress
  const options = pathOptions(egress)
  if (congestion !== null) {
    const value = cString(congestion)
    options.push({ key: 'congestion', level: IPPROTO_TCP, name: TCP_CONGESTION, value })
  }
  if (userTimeoutMs !== null) {
    const value = Int32Array.of(userTimeoutMs)
    options.push({ key: 'userTimeoutMs', level: IPPROTO_TCP, name: TCP_USER_TIMEOUT, value })
  }
  if (tos !== 0) {
    const [level, name] = family === 4 ? [IPPROTO_IP, IP_TOS] : [IPPROTO_IPV6, IPV6_TCLASS]
    options.push({ key: 'tos', level, name, value: Int32Array.of(tos) })
  }
  return options
}

/**
 * Sets the options of a socket and binds its source address, between socket(2) and connect(2).
 *
 * @returns 0, or a negative error number. -EADDRNOTAVAIL also for a family that is not used
 */
export type PrepareSocket = (fd: number, family: Family) => number

/** An egress in force for connection attempts. */
export type CompiledEgress = Pick<Egress, 'noDelay'> & {
  /** The protocol of socket(2). */
  readonly protocol: number
  readonly prepare: PrepareSocket
  /** Sets keepalive on a connected socket; absent: the caller sets that of the daemon. */
  readonly setKeepAlive?: (fd: number) => void
}

type Steps = {
  readonly uses: boolean
  readonly options: readonly SocketOption[]
  readonly source: Uint8Array | null
}

const stepsOf = (
  path: EgressPath,
  family: Family,
  options: readonly SocketOption[],
): Readonly<Steps> => {
  const uses = usesFamily(path, family)
  const ip = uses ? parseIp(bindOf(path, family) ?? '') : undefined
  return { uses, options, source: ip ? encodeSocketAddress(ip, 0) : null }
}

const createPrepare =
  (libc: Libc, four: Steps, six: Steps, isTcp: boolean): PrepareSocket =>
  (fd, family) => {
    const { uses, options, source } = family === 4 ? four : six
    if (!uses) return -ERRNO.EADDRNOTAVAIL
    for (const { level, name, value } of options) {
      const result = libc.setsockopt(fd, level, name, value)
      if (result < 0) return result
    }
    if (!source) return 0
    // Otherwise bind(2) takes a port that no other connection of this address can use, whatever its target. A
    // kernel without the option can still bind.
    if (isTcp) libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, ON)
    return libc.bind(fd, source, source.length)
  }

const compile = (libc: Libc, egress: Egress): CompiledEgress => {
  const steps = (family: Family): Steps => stepsOf(egress, family, socketOptions(egress, family))
  const { noDelay, mptcp, keepAlive } = egress
  const prepare = createPrepare(libc, steps(4), steps(6), true)
  const compiled = { noDelay, protocol: mptcp ? IPPROTO_MPTCP : 0, prepare }
  if (keepAlive === undefined) return compiled
  return { ...compiled, setKeepAlive: createSetKeepAlive(libc, keepAlive) }
}

/**
 * Compiles an egress for TCP sockets to targets. An option at its default costs no system call.
 *
 * @returns the egress of an attempt that replaces some keys, or none. Each set of replacements is compiled
 *   once, and released with the access rule that it belongs to
 */
export const createEgressOf = (
  libc: Libc,
  own: Egress,
): ((over: EgressOverride | undefined) => CompiledEgress) => {
  const compiled = compile(libc, own)
  const replaced = new WeakMap<EgressOverride, CompiledEgress>()
  return over => {
    if (!over) return compiled
    const known = replaced.get(over) ?? compile(libc, { ...own, ...over })
    replaced.set(over, known)
    return known
  }
}

/** Compiles a path for UDP sockets. */
export const compilePath = (libc: Libc, path: EgressPath): PrepareSocket => {
  const options = pathOptions(path)
  return createPrepare(libc, stepsOf(path, 4, options), stepsOf(path, 6, options), false)
}
