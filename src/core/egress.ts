import type { Family } from './ip.ts'
import type { KeepAlive } from './stream-socket.ts'

/**
 * The path by which packets leave this host: connections and DNS queries of one path share a cache, and
 * what was learnt about round-trip times.
 */
export type EgressPath = {
  /**
   * The source address of the family, canonical text without a zone. `none`: the family is not used; null:
   * the system chooses.
   */
  readonly bind4: string | null
  readonly bind6: string | null
  /** The name of the network interface (SO_BINDTODEVICE of socket(7)); null: the system's routes choose it. */
  readonly interface: string | null
  /** The mark of the packets (SO_MARK of socket(7)), for rules of routing and of the firewall; 0: none. */
  readonly mark: number
}

/** How sockets to targets are made. */
export type Egress = EgressPath & {
  /** Nagle's algorithm is off (TCP_NODELAY of tcp(7)). */
  readonly noDelay: boolean
  /** The longest time that sent bytes may stay unacknowledged (TCP_USER_TIMEOUT of tcp(7)); null: the system's. */
  readonly userTimeoutMs: number | null
  /** Multipath TCP (RFC 8684). */
  readonly mptcp: boolean
  /** The congestion control algorithm (TCP_CONGESTION of tcp(7)); null: the system's. */
  readonly congestion: string | null
  /** The byte of the IP header that holds the DSCP (RFC 2474); a multiple of 4. */
  readonly tos: number
  /** Keepalive of this socket alone; null: off. Absent: the daemon's. */
  readonly keepAlive?: KeepAlive | null
}

/** The part of an egress that a listener or an access rule replaces. */
export type EgressOverride = Partial<Egress>

/** The egress of a configuration that names none. */
export const PLAIN_EGRESS: Egress = {
  bind4: null,
  bind6: null,
  interface: null,
  mark: 0,
  noDelay: true,
  userTimeoutMs: null,
  mptcp: false,
  congestion: null,
  tos: 0,
}

/** The options that Node's sockets do not have; those of the C library do. */
export const NATIVE_OPTIONS = [
  'interface',
  'mark',
  'userTimeoutMs',
  'mptcp',
  'congestion',
  'tos',
] as const satisfies readonly (keyof Egress)[]

/** The path of an egress, without its other options. */
export const pathOf = ({ bind4, bind6, interface: name, mark }: EgressPath): EgressPath => ({
  bind4,
  bind6,
  interface: name,
  mark,
})

/** The source address of a family, `none`, or null. */
export const bindOf = ({ bind4, bind6 }: EgressPath, family: Family): string | null =>
  family === 4 ? bind4 : bind6

/** Whether connections of a family may leave by another path than without an override. */
export const changesPath = (override: EgressOverride, family: Family): boolean => {
  const { bind4, bind6, interface: name, mark } = override
  return (family === 4 ? bind4 : bind6) !== undefined || name !== undefined || mark !== undefined
}

/** Whether a path leaves this host by a family. */
export const usesFamily = (path: EgressPath, family: Family): boolean =>
  bindOf(path, family) !== 'none'

const isSameKeepAlive = (a: EgressOverride['keepAlive'], b: EgressOverride['keepAlive']): boolean =>
  a === b ||
  (!!a && !!b && a.idleMs === b.idleMs && a.intervalMs === b.intervalMs && a.count === b.count)

const NOTHING: EgressOverride = {}

/** Whether two overrides replace the same keys by the same values; undefined replaces none. */
export const isSameOverride = (
  a: EgressOverride | undefined = NOTHING,
  b: EgressOverride | undefined = NOTHING,
): boolean => {
  if (a === b) return true
  const { keepAlive: one, ...rest } = a
  const { keepAlive: other, ...others } = b
  const keys = Object.keys({ ...rest, ...others }) as (keyof typeof rest)[]
  return isSameKeepAlive(one, other) && keys.every(key => rest[key] === others[key])
}
