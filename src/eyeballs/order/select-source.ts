import { commonPrefixLength } from '../../core/cidr.ts'
import type { Ip } from '../../core/ip.ts'
import { readUnmapped, readKnownLocal, scopeOf } from './read-destinations.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { lookupPolicy } from './policy-tables.ts'

/** A source address of a host. */
export type Source = {
  /** An IP address as text, with its zone if it has one. */
  readonly address: string
  /** RFC 4862 section 5.5.4; false by default. */
  readonly deprecated?: boolean
  /** The network's prefix length, 0 to 128: rule 8 counts no bits beyond it. By default 64, and 32 for IPv4. */
  readonly prefixLength?: number
}

/** The facts about a source that the rules compare, for one destination. */
type Facts<S> = {
  readonly source: S
  readonly isDestination: boolean
  readonly scope: number
  readonly deprecated: boolean
  readonly labelMatches: boolean
  readonly commonPrefixLength: number
}

/** Positive if the first source is better, 0 if the rule does not decide. */
type Compare = (a: Facts<unknown>, b: Facts<unknown>, destinationScope: number) => number

/** RFC 6724 section 5, rule 1: the destination's own address is the best source. */
const preferSameAddress: Compare = (a, b) => Number(a.isDestination) - Number(b.isDestination)

/** RFC 6724 section 5, rule 2: the smaller scope of the two, unless it is smaller than the destination's. */
const preferAppropriateScope: Compare = (a, b, destinationScope) => {
  if (a.scope === b.scope) return 0
  const smallerIsA = a.scope < b.scope
  const reaches = Math.min(a.scope, b.scope) >= destinationScope
  return reaches === smallerIsA ? 1 : -1
}

/** RFC 6724 section 5, rule 3: a source that is not deprecated. */
const avoidDeprecated: Compare = (a, b) => Number(b.deprecated) - Number(a.deprecated)

// Rules of RFC 6724 section 5 that are not implemented, because only the kernel knows what they need: rule 4
// (Mobile IPv6 knows home addresses), rules 5 and 5.5 (the routing table knows the outgoing interface and the
// prefixes that its next hop advertises), rule 7 (a process cannot learn whether an address is temporary, RFC
// 8981).

/** RFC 6724 section 5, rule 6: a source whose policy table label equals the destination's. */
const preferMatchingLabel: Compare = (a, b) => Number(a.labelMatches) - Number(b.labelMatches)

/**
 * RFC 6724 section 5, rule 8: the source that shares more leading bits with the destination, at most its
 * prefix length.
 */
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

/**
 * RFC 6724 section 4, as far as the texts show: a source must have the destination's family and, if both
 * have a zone, its zone.
 */
const isCandidate = (source: Ip, destination: Ip): boolean =>
  source.family === destination.family &&
  (source.zone === undefined || destination.zone === undefined || source.zone === destination.zone)

/**
 * Source address selection by RFC 6724 section 5 among given addresses. The host's own choice also depends
 * on its routes; ask the host where possible.
 *
 * @param destination an IP address as text
 * @param sources if the rules do not decide, the first wins
 * @param knownLocal this host's unique local addresses (fd00::/8) besides the sources; only the table
 *   `updated` uses them
 * @returns one of `sources`; null if none has the destination's family
 * @throws ERR_INVALID_ADDRESS if a text is not an IP address
 */
export const selectSource = <S extends Source>(
  destination: string,
  sources: readonly S[],
  table: PolicyTableName,
  knownLocal: readonly string[] = [],
): S | null => {
  const to = readUnmapped(destination, 'address')
  const scope = scopeOf(to)
  const ips = sources.map(({ address }) => readUnmapped(address, 'source address'))
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
