import type { Cidr } from '../core/cidr.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Ip } from '../core/ip.ts'
import type { Denial, Judge } from '../core/judge.ts'

/** Words that stand for a set of addresses in a rule. */
export type AddressWord = 'private' | 'loopback' | 'link-local' | 'metadata'

/** What a rule's `to` names. Names are lower case and without a final dot; a suffix begins with a dot (`*.example.com` is `.example.com`). */
export type AccessTarget =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'suffix'; readonly suffix: string }
  | { readonly type: 'cidr'; readonly cidr: Cidr }
  | { readonly type: 'word'; readonly word: AddressWord }

/** Ports `first` to `last`, both included. */
export type PortRange = { readonly first: number; readonly last: number }

/** One access rule, parsed. It matches where each of its parts does; a part that is null matches everything. Lists are never empty. */
export type AccessRule = {
  readonly action: 'allow' | 'deny'
  /** A client on a UNIX socket counts as loopback: a prefix that holds 127.0.0.1 or ::1 matches it. */
  readonly clients: readonly Cidr[] | null
  /** Names of users who logged in. Somebody who did not have to log in matches none. */
  readonly users: readonly string[] | null
  readonly to: readonly AccessTarget[] | null
  readonly ports: readonly PortRange[] | null
}

/** The one for whom a connection is made. */
export type AccessClient = {
  /** Unmapped and without a zone; null on a UNIX socket, which counts as loopback. */
  readonly ip: Ip | null
  /** Who logged in; null where nobody had to. */
  readonly user: string | null
}

/** The fully qualified names that search domains may make of a host, itself left out; null where that is not known. */
export type FullNames = (host: string) => readonly string[] | null

export type Access = {
  /**
   * What the rules say of a target before anything is looked up: a denial where neither an address nor
   * a name that is found could change it, else undefined.
   *
   * @param fullNames asked where it matters what search domains may make of the target's name
   */
  readonly beforeLookup: (
    client: AccessClient,
    target: HostPort,
    fullNames: FullNames,
  ) => Denial | undefined
  /** What the rules and the built-in denials say of one candidate. Undefined: it may be dialled. */
  readonly judge: (client: AccessClient, candidate: Parameters<Judge>[0]) => Denial | undefined
}
