import type { CacheOptions } from './cache.ts'

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
