/** Why a candidate may not be dialled: an access rule, or that it is one of the daemon's own listeners. */
type DenialCode = 'ERR_ACCESS_DENIED' | 'ERR_LOOP'

export type Denial = {
  readonly code: DenialCode
  /** The number of the access rule that denies, from 1; absent where none of them does. */
  readonly rule?: number
}

/**
 * Judges one candidate before anything is sent to it: the name that was asked for, the fully qualified one
 * that was found for it, and one address. `source` says where the address came from (a DNS answer is trusted
 * less than a literal).
 *
 * @returns the reason it is denied, or undefined where it may be dialled
 */
export type Judge = (candidate: {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly source: string
  /** The IPv4 address that a NAT64 address stands for: the one that rules are about. */
  readonly embedded?: string
  /** The fully qualified name that search domains made of `host`, where it is another one. */
  readonly fullName?: string
  /** The fully qualified names that may have been found for `host`, where it is not known which. */
  readonly possibleNames?: readonly string[]
}) => Denial | undefined
