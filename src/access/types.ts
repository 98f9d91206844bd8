import type { Cidr } from '../core/cidr.ts'
import type { EgressOverride } from '../core/egress.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Ip, ReadIp } from '../core/ip.ts'
import type { Denial, Judge, Permit } from '../core/judge.ts'

/** Words that stand for a set of addresses in a rule. */
export type AddressWord = 'private' | 'loopback' | 'link-local' | 'metadata'

/**
 * A target in a rule's `to`. Names are lower case without a final dot; the suffix of `*.example.com` is
 * `.example.com`.
 */
export type AccessTarget =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'suffix'; readonly suffix: string }
  | { readonly type: 'cidr'; readonly cidr: Cidr }
  | { readonly type: 'word'; readonly word: AddressWord }

/** The ports from `first` to `last`, both included. */
export type PortRange = { readonly first: number; readonly last: number }

/**
 * One parsed access rule. It matches if all its parts match; a part that is null matches everything. Lists
 * are never empty.
 */
export type AccessRule = {
  readonly action: 'allow' | 'deny'
  /**
   * A client on a UNIX socket counts as loopback: a prefix that holds 127.0.0.1 or ::1 matches it. A client
   * with a foreign loopback address (`hasForeignLoopback`) is matched by deny rules only.
   */
  readonly clients: readonly Cidr[] | null
  /** Names of logged-in users. A client that did not have to log in matches none of them. */
  readonly users: readonly string[] | null
  readonly to: readonly AccessTarget[] | null
  readonly ports: readonly PortRange[] | null
  /** How addresses that the rule allows are connected to; null or absent: as the listener connects. */
  readonly egress?: EgressOverride | null
}

/** The client that requests a connection. */
export type AccessClient = {
  /** Unmapped and without a zone; null on a UNIX socket, which counts as loopback. */
  readonly ip: Ip | null
  /**
   * Whether the client is on this host: on loopback or on a UNIX socket. A PROXY protocol header decides it
   * too, so it does not follow from `ip`.
   */
  readonly isLocal: boolean
  /** The logged-in user; null if the listener requires no login. */
  readonly user: string | null
}

/**
 * Returns the fully qualified names that search domains may produce, without the host itself; null if not
 * known yet.
 */
export type FullNames = (host: string) => readonly string[] | null

export type Access = {
  /** Whether a permit may choose another path (`changesPath`). */
  readonly hasPaths: boolean
  /**
   * Applies the rules to a target before any lookup: returns a denial if no address or name that a lookup
   * finds could change it, else undefined.
   *
   * @param fullNames called if the result depends on the names that search domains may produce
   */
  readonly beforeLookup: (
    client: AccessClient,
    target: HostPort,
    fullNames: FullNames,
  ) => Denial | undefined
  /**
   * Applies the rules and the built-in denials to one candidate. A permit, or undefined, means that it may
   * be attempted.
   */
  readonly judge: (
    client: AccessClient,
    candidate: Parameters<Judge>[0],
    readIp?: ReadIp,
  ) => Denial | Permit | undefined
}
