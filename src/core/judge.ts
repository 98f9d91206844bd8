import type { EgressOverride } from './egress.ts'
import type { ReadIp } from './ip.ts'

/** Why a client gets no connection. Each protocol maps it to its own reply. */
export type FailureOutcome =
  /** Denied by an access rule, by a built-in denial, or by the operating system (EACCES, EPERM). */
  | 'denied'
  /** The client may not use the proxy, whatever its target is. */
  | 'client-denied'
  /** The target is one of the daemon's own listeners. */
  | 'loop'
  | 'refused'
  | 'host-unreachable'
  | 'network-unreachable'
  /** The host supports no sockets of the address's family. */
  | 'no-family'
  | 'timed-out'
  /** The name does not exist, or it has no address. */
  | 'no-address'
  /** A lookup failed for any other reason. */
  | 'dns-failed'
  /** A limit of the daemon was reached. */
  | 'limit'
  /** Anything else. */
  | 'failed'

/**
 * Why a candidate may not be dialled: an access rule or built-in denial, or it is one of the daemon's own
 * listeners.
 */
type DenialCode = 'ERR_ACCESS_DENIED' | 'ERR_LOOP'

export type Denial = {
  readonly code: DenialCode
  /** The number of the access rule that denies, from 1; absent if no rule denies. */
  readonly rule?: number
  readonly egress?: never
}

/** The access rule that permits a candidate says how it is dialled. */
export type Permit = { readonly code?: never; readonly egress: EgressOverride }

/**
 * Checks one candidate before it is dialled: the requested name, the fully qualified name found for it, and
 * one address. `source` says where the address came from; an address from a DNS answer is trusted less than
 * a literal.
 *
 * @returns the reason for the denial; a permit, or undefined, if the candidate may be dialled
 *
 * @param readIp reads addresses; `parseIp` by default
 */
export type Judge = (
  candidate: {
    readonly host: string
    readonly address: string
    readonly port: number
    readonly source: string
    /** The IPv4 address in a NAT64 address, to which access rules apply. */
    readonly embedded?: string
    /** The fully qualified name that a search domain made of `host`, if it differs. */
    readonly fullName?: string
    /** The fully qualified names that `host` may have resolved to, if it is not known which. */
    readonly possibleNames?: readonly string[]
  },
  readIp?: ReadIp,
) => Denial | Permit | undefined
