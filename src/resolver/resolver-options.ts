/** Lifetimes of cached answers. All durations are milliseconds, 0 or more. */
export type CacheOptions = {
  /**
   * Maximum number of answers (each record type of a name counts); the least recently used is evicted. 0
   * disables the cache. Default 10000.
   */
  readonly maxEntries: number
  /**
   * Minimum TTL; also the TTL of an answer without one (`mode: system`). 0: no minimum, and no caching
   * without TTL. Default 0.
   */
  readonly minTtlMs: number
  /** Maximum TTL. Default 1 h. */
  readonly maxTtlMs: number
  /** Maximum TTL of a negative answer (the name or record does not exist, RFC 2308 section 5). Default 5 s. */
  readonly negativeTtlMs: number
  /**
   * TTL of a failure (SERVFAIL, timeout) and of a negative answer without a TTL, and the interval between
   * attempts to refresh an answer that is served in place of a failure. Default 2 s.
   */
  readonly failureTtlMs: number
  /**
   * Maximum age after expiry at which an answer with addresses is served at once and refreshed in the
   * background. Default 30 s.
   */
  readonly staleWhileRevalidateMs: number
  /** Maximum time after expiry for which an answer is served if its refresh fails (RFC 8767). Default 1 h. */
  readonly staleIfErrorMs: number
}

export const CACHE_DEFAULTS: CacheOptions = {
  maxEntries: 10_000,
  minTtlMs: 0,
  maxTtlMs: 3_600_000,
  negativeTtlMs: 5000,
  failureTtlMs: 2000,
  staleWhileRevalidateMs: 30_000,
  staleIfErrorMs: 3_600_000,
}

/** Options of a resolver. Absent and undefined values have their defaults. */
export type ResolverOptions = {
  /** `dns`: query DNS servers. `system`: call the C library, with all of nsswitch.conf and mDNS. Default `dns`. */
  readonly mode?: 'dns' | 'system' | undefined
  /** DNS servers, each an IP address with optional port and zone. Default, also if empty: the system's. */
  readonly servers?: readonly string[] | undefined
  /** Addresses by name, which precede every other source except `localhost`. Default none. */
  readonly hosts?: Readonly<Record<string, readonly string[]>> | undefined
  /** Search domains for relative names; none if empty. Default: the system's. */
  readonly search?: readonly string[] | undefined
  /**
   * A name with this many dots is first tried as it is, 0 to 15. Default: the system's, which is 1 unless
   * configured.
   */
  readonly ndots?: number | undefined
  /**
   * Timeout in milliseconds per server and attempt, above 0. Default: the system's, which is 2000 unless
   * configured.
   */
  readonly timeoutMs?: number | undefined
  /** Attempts per server, 1 or more. Default: the system's, which is 2 unless configured. */
  readonly attempts?: number | undefined
  /** Whether A records are looked up. Default true. */
  readonly ipv4?: boolean | undefined
  /** Whether AAAA records are looked up. Default true. */
  readonly ipv6?: boolean | undefined
  /**
   * Translation of IPv4 addresses on a host with IPv6 only. `auto`: to addresses of the network's NAT64,
   * whose prefix is discovered (RFC 7050). A prefix (RFC 6052: 32, 40, 48, 56, 64 or 96 bits): to addresses
   * of this prefix. `off`: none. Default `auto`; no translation either if a family is switched off.
   */
  readonly nat64?: string | undefined
  readonly cache?: { readonly [K in keyof CacheOptions]?: CacheOptions[K] | undefined } | undefined
}

/** The cache options with defaults for those that are absent or undefined. */
export const cacheOptionsOf = ({ cache = {} }: Pick<ResolverOptions, 'cache'>): CacheOptions => {
  const given = Object.entries(cache).filter(([, value]) => value !== undefined)
  return { ...CACHE_DEFAULTS, ...(Object.fromEntries(given) as Partial<CacheOptions>) }
}
