import { commonPrefixLength } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'
import { readIp, readKnownLocal } from './destination.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { lookupPolicy } from './policy-tables.ts'
import { scopeOf } from './scope.ts'

/** An address that a host may send from. */
export type Source = {
  /** An IP address as text, with its zone where it has one. */
  readonly address: string
  /** RFC 4862 section 5.5.4; false unless told otherwise. */
  readonly deprecated?: boolean
  /** Of its network, 0 to 128: no bit behind it counts for rule 8. Unless told otherwise 64, and 32 for IPv4. */
  readonly prefixLength?: number
}

/** A source as the rules see it, against one destination. */
type Facts<S> = {
  readonly source: S
  readonly isDestination: boolean
  readonly scope: number
  readonly deprecated: boolean
  readonly labelMatches: boolean
  readonly commonPrefixLength: number
}

/** Above 0 where the first is the better source, 0 where the rule does not decide. */
type Compare = (a: Facts<unknown>, b: Facts<unknown>, destinationScope: number) => number

/** Rule 1: the destination itself is its best source. */
const preferSameAddress: Compare = (a, b) => Number(a.isDestination) - Number(b.isDestination)

/** Rule 2: the smaller scope of the two, unless it is too small to reach the destination. */
const preferAppropriateScope: Compare = (a, b, destinationScope) => {
  if (a.scope === b.scope) return 0
  const smallerIsA = a.scope < b.scope
  const reaches = Math.min(a.scope, b.scope) >= destinationScope
  return reaches === smallerIsA ? 1 : -1
}

/** Rule 3: one that is not deprecated. */
const avoidDeprecated: Compare = (a, b) => Number(b.deprecated) - Number(a.deprecated)

// What follows in the RFC and is not decided here, for lack of what only the kernel knows: rule 4
// (home addresses are known to Mobile IPv6), rules 5 and 5.5 (the interface that the packet leaves by,
// and the prefixes that its next hop advertises, are the routing table's), rule 7 (whether an address
// is a temporary one, RFC 8981, is not told to a process).

/** Rule 6: one whose label in the policy table is the destination's. */
const preferMatchingLabel: Compare = (a, b) => Number(a.labelMatches) - Number(b.labelMatches)

/** Rule 8: the one that shares more leading bits with the destination, as many as its prefix has at most. */
const preferLongestPrefix: Compare = (a, b) => a.commonPrefixLength - b.commonPrefixLength

const RULES: readonly Compare[] = [
  preferSameAddress,
  preferAppropriateScope,
  avoidDeprecated,
  preferMatchingLabel,
  preferLongestPrefix,
]

const isBetter = (a: Facts<unknown>, b: Facts<unknown>, destinationScope: number): boolean => {
  for (const compare of RULES) {
    const order = compare(a, b, destinationScope)
    if (order !== 0) return order > 0
  }
  return false
}

/** Section 4, as far as texts tell: a source is of the destination's family, and where both name a zone, of that zone. */
const isCandidate = (source: Ip, destination: Ip): boolean =>
  source.family === destination.family &&
  (source.zone === undefined || destination.zone === undefined || source.zone === destination.zone)

/**
 * Source address selection, RFC 6724 section 5, among addresses that are given: what a host would send
 * from to a destination. A host's own choice also heeds its routes; where it can be asked, ask it.
 *
 * @param destination an IP address as text
 * @param sources where the rules do not tell two apart, the first is taken
 * @param knownLocal this host's unique local addresses (fd00::/8) beside the sources; only the table `updated` heeds them
 * @returns one of `sources`; null where none is of the destination's family
 * @throws ERR_INVALID_ADDRESS where a text is no IP address
 */
export const selectSource = <S extends Source>(
  destination: string,
  sources: readonly S[],
  table: PolicyTableName,
  knownLocal: readonly string[] = [],
): S | null => {
  const to = readIp(destination, 'address')
  const scope = scopeOf(to)
  const ips = sources.map(({ address }) => readIp(address, 'source address'))
  const ownLocal = readKnownLocal(table, knownLocal, ips)
  const { label } = lookupPolicy(table, to, ownLocal)
  let best: Facts<S> | undefined
  for (const [i, source] of sources.entries()) {
    const ip = ips[i]
    if (!ip || !isCandidate(ip, to)) continue
    const width = ip.bytes.length * 8
    const common = commonPrefixLength(ip, to)
    const facts: Facts<S> = {
      source,
      isDestination: common === width,
      scope: scopeOf(ip),
      deprecated: source.deprecated === true,
      labelMatches: lookupPolicy(table, ip, ownLocal).label === label,
      commonPrefixLength: Math.min(common, source.prefixLength ?? Math.min(width, 64)),
    }
    if (!best || isBetter(facts, best, scope)) best = facts
  }
  return best?.source ?? null
}
