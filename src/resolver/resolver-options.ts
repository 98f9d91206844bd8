import type { CacheOptions } from './cache.ts'

/** What of a resolver can be configured. Whatever is absent or undefined has its default. */
export type ResolverOptions = {
  /** `dns`: servers are asked. `system`: the C library is, with all of nsswitch.conf and mDNS. Default `dns`. */
  readonly mode?: 'dns' | 'system' | undefined
  /** Servers to ask, each an IP address with or without a port, and with its zone where it has one. Default, and where empty: the system's. */
  readonly servers?: readonly string[] | undefined
  /** Names and their addresses, before every other source but `localhost`. Default none. */
  readonly hosts?: Readonly<Record<string, readonly string[]>> | undefined
  /** Domains for names that are not complete; none where empty. Default: the system's. */
  readonly search?: readonly string[] | undefined
  /** A name with so many dots is tried as it is first, 0 to 15. Default: the system's, which is 1 unless configured. */
  readonly ndots?: number | undefined
  /** Milliseconds to wait for each server at each attempt, above 0. Default: the system's, which is 2000 unless configured. */
  readonly timeoutMs?: number | undefined
  /** How often each server is asked, 1 or more. Default: the system's, which is 2 unless configured. */
  readonly attempts?: number | undefined
  /** Whether A records are looked up. Default true. */
  readonly ipv4?: boolean | undefined
  /** Whether AAAA records are looked up. Default true. */
  readonly ipv6?: boolean | undefined
  /**
   * What is done about IPv4 addresses on a host with IPv6 alone. `auto`: they become those of the
   * network's NAT64, whose prefix is found by RFC 7050. A prefix: of this one (RFC 6052: 32, 40, 48,
   * 56, 64 or 96 bits). `off`: nothing. Default `auto`; nothing too where a family is switched off.
   */
  readonly nat64?: string | undefined
  readonly cache?: { readonly [K in keyof CacheOptions]?: CacheOptions[K] | undefined } | undefined
}
