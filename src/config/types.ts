import type { AccessRule } from '../access/types.ts'
import type { Users } from '../auth/types.ts'
import type { Cidr } from '../core/cidr.ts'
import type { HostPort } from '../core/host-port.ts'
import type { KeepAlive } from '../core/keep-alive.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import type { LogOptions } from '../log/types.ts'

/** Everything the daemon can be told, complete: defaults are filled in, texts are parsed, durations are milliseconds. */
export type Config = {
  /** At least one; their names are unique, and so are their addresses. */
  readonly listeners: readonly ListenerConfig[]
  /** In order; the first that matches decides. Empty: the built-in denials, then allow. */
  readonly access: readonly AccessRule[]
  readonly resolver: ResolverConfig
  readonly eyeballs: EyeballsConfig
  readonly egress: EgressConfig
  readonly pipe: PipeConfig
  readonly limits: LimitsConfig
  readonly log: LogOptions
  readonly admin: AdminConfig
  /** Processes that share the listeners, 1 to 64. Default 1. In force from the start to the end of a daemon. */
  readonly processes: number
  /** Milliseconds that connections may take to end after SIGTERM; 0 ends them at once. Default 30 s. */
  readonly drainTimeoutMs: number
}

type ListenerBase = {
  readonly name: string
  /** At least one. */
  readonly listen: readonly ListenAddress[]
  /**
   * True where the addresses were not chosen one by one (the default, `localhost`, `-L` without BIND):
   * one that this host does not have (EADDRNOTAVAIL) is skipped, as long as another is left.
   */
  readonly optionalAddresses: boolean
  /** Permission bits of UNIX sockets. Default 0o600. */
  readonly mode: number
  /** Group name or number of UNIX sockets; null leaves the process's own. */
  readonly group: string | null
  /** Clients allowed to connect; null allows all that can reach the address. A UNIX socket has no client address, so it asks nobody. */
  readonly clients: readonly Cidr[] | null
  /** True where a listener beyond loopback was opened to everybody on purpose. */
  readonly open: boolean
}

export type SocksListenerConfig = ListenerBase & {
  readonly protocol: 'socks'
  /** Never empty where present: then a login is demanded. Null: nobody has to log in. */
  readonly users: Users | null
}

export type ForwardListenerConfig = ListenerBase & {
  readonly protocol: 'forward'
  /** One, or several that are raced as one. */
  readonly target: readonly HostPort[]
}

export type ListenerConfig = SocksListenerConfig | ForwardListenerConfig

export type ResolverConfig = {
  /** `dns`: own queries, A and AAAA apart. `system`: getaddrinfo, for mDNS and nsswitch. Default `dns`. */
  readonly mode: 'dns' | 'system'
  /** In order; null: the system's. The host is an IP address. */
  readonly servers: readonly HostPort[] | null
  /** Static answers, names in lower case without a final dot, addresses in canonical text. */
  readonly hosts: ReadonlyMap<string, readonly string[]>
  /** Search domains; null: the system's; empty: none. */
  readonly search: readonly string[] | null
  /** For one query to one server; null: the system's, which is 2 s unless configured. */
  readonly timeoutMs: number | null
  /** Queries to each server; null: the system's, which is 2 unless configured. */
  readonly attempts: number | null
  /** Whether A records are asked for. At least one of the two is true. */
  readonly ipv4: boolean
  /** Whether AAAA records are asked for. */
  readonly ipv6: boolean
  /** IPv4 addresses on a host with IPv6 alone: `auto` (default), `off`, or a NAT64 prefix (RFC 6052) in canonical text. */
  readonly nat64: string
  /** RFC 6724 section 2.1: the RFC's table, the updated one, or Linux's. Default `updated`. */
  readonly policyTable: 'rfc6724' | 'updated' | 'linux'
  readonly cache: {
    /** Default 10,000. */
    readonly maxEntries: number
    /** A shorter TTL counts as this long. Default 0. */
    readonly minTtlMs: number
    /** A longer TTL counts as this long. Default 1 h. */
    readonly maxTtlMs: number
    /** The most for NXDOMAIN and no data. Default 5 s. */
    readonly negativeTtlMs: number
    /** For SERVFAIL and timeouts. Default 2 s. */
    readonly failureTtlMs: number
    /** How long after its end an answer is served while a new one is fetched. Default 30 s. */
    readonly staleWhileRevalidateMs: number
    /** How long after its end an answer is served where no new one can be had. Default 1 h. */
    readonly staleIfErrorMs: number
  }
}

export type EyeballsConfig = {
  /** RFC 8305 section 3. Default 50. */
  readonly resolutionDelayMs: number
  /** RFC 8305 section 5; within the two bounds below. Default 250. */
  readonly connectionAttemptDelayMs: number
  /** At least 10. Default 100. */
  readonly minimumConnectionAttemptDelayMs: number
  /** Default 2,000. */
  readonly maximumConnectionAttemptDelayMs: number
  /** RFC 8305 section 4; at least 1. Default 1. */
  readonly firstAddressFamilyCount: number
  /** Default `auto`: what the host's own connectivity suggests. */
  readonly preferredFamily: 'auto' | 4 | 6
  /** Whether races learn from earlier ones. Default true. */
  readonly adaptive: boolean
  /** Default 6. */
  readonly maxConcurrentAttempts: number
  /** Null (default): an attempt lives until there is a winner. */
  readonly attemptTimeoutMs: number | null
  /** For the whole race, lookups included. Default 30 s. */
  readonly connectTimeoutMs: number
  /** What ends a race: a connection (`none`, the default), or an answer to the client's ClientHello (`tls`). */
  readonly confirm: 'none' | 'tls'
}

export type EgressConfig = {
  /** TCP keepalive (RFC 1122 section 4.2.3.6) of connections to clients and to targets; null: off. */
  readonly keepAlive: KeepAlive | null
}

export type PipeConfig = {
  /** What moves the bytes: the kernel, Node's streams, or (`auto`, the default) the kernel where it can and does not copy faster. In force from the start to the end of a daemon. */
  readonly engine: 'auto' | 'splice' | 'stream'
  /** Worker threads of the splice engine, 1 to 64; `auto` (default): one for every two cores, at least one. In force from the start to the end of a daemon. */
  readonly workers: 'auto' | number
  /** Default 2 h 4 min (RFC 5382 REQ-5). */
  readonly idleTimeoutMs: number
  /** Default 60 s. */
  readonly halfCloseTimeoutMs: number
}

export type LimitsConfig = {
  /** Default 10,000; what open files allow may be less. */
  readonly maxConnections: number
  /** 0 (default): no limit. */
  readonly maxConnectionsPerClient: number
  /** From accept to a complete request. Default 10 s. */
  readonly handshakeTimeoutMs: number
  /** How long a failed login waits for its answer. Default 1 s. */
  readonly authFailureDelayMs: number
}

export type AdminConfig = {
  /** Empty (default): there is no such endpoint. */
  readonly listen: readonly ListenAddress[]
  /** True where it was written as `localhost`: of the two addresses one is enough. */
  readonly optionalAddresses: boolean
  /** What those who ask have to send; null: nothing. */
  readonly token: string | null
}
