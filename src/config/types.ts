import type { AccessRule } from '../access/types.ts'
import type { Users } from '../auth/users-file.ts'
import type { Cidr } from '../core/cidr.ts'
import type { HostPort } from '../core/host-port.ts'
import type { KeepAlive } from '../core/stream-socket.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import type { LogOptions } from '../log/types.ts'

/** The complete configuration of the daemon: defaults are filled in, texts are parsed, durations are milliseconds. */
export type Config = {
  /** At least one. Names are unique, and so are addresses. */
  readonly listeners: readonly ListenerConfig[]
  /** In order; the first matching rule decides. Without a match, the built-in denials apply, then allow. */
  readonly access: readonly AccessRule[]
  readonly resolver: ResolverConfig
  readonly eyeballs: EyeballsConfig
  readonly egress: EgressConfig
  readonly pipe: PipeConfig
  readonly limits: LimitsConfig
  readonly log: LogOptions
  readonly admin: AdminConfig
  /** Processes that share the listeners, 1 to 64. Default 1. Fixed at start-up. */
  readonly processes: number
  /** Milliseconds that connections may take to end after SIGTERM; 0 ends them at once. Default 30 s. */
  readonly drainTimeoutMs: number
}

type ListenerBase = {
  readonly name: string
  /** At least one. */
  readonly listen: readonly ListenAddress[]
  /**
   * True if the addresses were not chosen one by one (the default, `localhost`, `-L` without BIND). An
   * address that this host does not have (EADDRNOTAVAIL) is then skipped, as long as another one can be
   * opened.
   */
  readonly optionalAddresses: boolean
  /** Permission bits of UNIX sockets. Default 0o600. */
  readonly mode: number
  /** Group name or number of UNIX sockets; null keeps the process's own. */
  readonly group: string | null
  /**
   * Clients allowed to connect; null allows all that can reach the address. A UNIX socket has no client
   * address, so the check does not apply to it.
   */
  readonly clients: readonly Cidr[] | null
  /** True if a listener beyond loopback was deliberately opened to everyone. */
  readonly open: boolean
}

export type SocksListenerConfig = ListenerBase & {
  readonly protocol: 'socks'
  /** Null if no login is required; otherwise never empty. */
  readonly users: Users | null
}

export type ForwardListenerConfig = ListenerBase & {
  readonly protocol: 'forward'
  /** One target, or several that are raced together. */
  readonly target: readonly HostPort[]
}

export type ListenerConfig = SocksListenerConfig | ForwardListenerConfig

export type ResolverConfig = {
  /**
   * `dns`: eyeballd's own queries, with A and AAAA separate. `system`: getaddrinfo, for mDNS and nsswitch.
   * Default `dns`.
   */
  readonly mode: 'dns' | 'system'
  /** DNS servers in order; null: the system's. The host is an IP address. */
  readonly servers: readonly HostPort[] | null
  /** Static answers: names in lower case without a final dot, addresses in canonical text. */
  readonly hosts: ReadonlyMap<string, readonly string[]>
  /** Search domains; null: the system's; empty: none. */
  readonly search: readonly string[] | null
  /** Timeout of one query to one server; null: the system's, which is 2 s unless configured. */
  readonly timeoutMs: number | null
  /** Queries to each server; null: the system's, which is 2 unless configured. */
  readonly attempts: number | null
  /** Whether A records are looked up. At least one of `ipv4` and `ipv6` is true. */
  readonly ipv4: boolean
  /** Whether AAAA records are looked up. */
  readonly ipv6: boolean
  /**
   * How to reach IPv4 addresses from a host with IPv6 only: `auto` (default), `off`, or a NAT64 prefix (RFC
   * 6052) in canonical text.
   */
  readonly nat64: string
  /** The policy table of RFC 6724 section 2.1: the RFC's own, the updated one, or Linux's. Default `updated`. */
  readonly policyTable: 'rfc6724' | 'updated' | 'linux'
  readonly cache: {
    /** Default 10,000. */
    readonly maxEntries: number
    /** The minimum TTL. Default 0. */
    readonly minTtlMs: number
    /** The maximum TTL. Default 1 h. */
    readonly maxTtlMs: number
    /** The maximum TTL of NXDOMAIN and empty answers. Default 5 s. */
    readonly negativeTtlMs: number
    /** The TTL of SERVFAIL and timeouts. Default 2 s. */
    readonly failureTtlMs: number
    /** How long after its expiry an answer is served while it is refreshed. Default 30 s. */
    readonly staleWhileRevalidateMs: number
    /** How long after its expiry an answer is served if no new one is available. Default 1 h. */
    readonly staleIfErrorMs: number
  }
}

export type EyeballsConfig = {
  /** Resolution Delay, RFC 8305 section 3. Default 50. */
  readonly resolutionDelayMs: number
  /** Connection Attempt Delay, RFC 8305 section 5; within the two bounds below. Default 250. */
  readonly connectionAttemptDelayMs: number
  /** At least 10. Default 100. */
  readonly minimumConnectionAttemptDelayMs: number
  /** Default 2,000. */
  readonly maximumConnectionAttemptDelayMs: number
  /** First Address Family Count, RFC 8305 section 4; at least 1. Default 1. */
  readonly firstAddressFamilyCount: number
  /** Default `auto`: by the host's connectivity. */
  readonly preferredFamily: 'auto' | 4 | 6
  /** Whether races learn from earlier ones. Default true. */
  readonly adaptive: boolean
  /** Default 6. */
  readonly maxConcurrentAttempts: number
  /** Null (default): an attempt lasts until the race has a winner. */
  readonly attemptTimeoutMs: number | null
  /** For the whole race, lookups included. Default 30 s. */
  readonly connectTimeoutMs: number
  /** What decides a race: a connection (`none`, the default), or an answer to the client's ClientHello (`tls`). */
  readonly confirm: 'none' | 'tls'
}

export type EgressConfig = {
  /** TCP keepalive (RFC 1122 section 4.2.3.6) on connections to clients and targets; null: off. */
  readonly keepAlive: KeepAlive | null
}

export type PipeConfig = {
  /**
   * What moves the bytes: the kernel (`splice`), Node's streams (`stream`), or (`auto`, the default) `splice`
   * if available, with copies instead where they are faster. Fixed at start-up.
   */
  readonly engine: 'auto' | 'splice' | 'stream'
  /**
   * Worker threads of the splice engine, 1 to 64; `auto` (default): one for every two cores, at least one.
   * Fixed at start-up.
   */
  readonly workers: 'auto' | number
  /** Default 2 h 4 min (RFC 5382 REQ-5). */
  readonly idleTimeoutMs: number
  /** Default 60 s. */
  readonly halfCloseTimeoutMs: number
}

export type LimitsConfig = {
  /** Default 10,000; the limit on open files may lower it. */
  readonly maxConnections: number
  /** 0 (default): no limit. */
  readonly maxConnectionsPerClient: number
  /** From accept to a complete request. Default 10 s. */
  readonly handshakeTimeoutMs: number
  /** Delay of the reply to a failed login. Default 1 s. */
  readonly authFailureDelayMs: number
}

export type AdminConfig = {
  /** Empty (default): no endpoint. */
  readonly listen: readonly ListenAddress[]
  /** True if it was written as `localhost`: one of the two addresses is then enough. */
  readonly optionalAddresses: boolean
  /** The token that a request must send; null: none. */
  readonly token: string | null
}
