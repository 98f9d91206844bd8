import { commonPrefixLength } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import type { Family } from '../../core/family.ts'
import type { Ip } from '../../core/ip.ts'
import { parseIp, unmapIp } from '../../core/ip.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { lookupPolicy, makesKnownLocal } from './policy-tables.ts'
import { scopeOf } from './scope.ts'

/** What of a candidate its order depends on. */
export type Sortable = {
  /** Canonical text, zone included. */
  readonly address: string
  /** The source address this host would use: null where there is none (RFC 6724 rule 1), absent where it was not asked. */
  readonly source?: string | null
  readonly sourceDeprecated?: boolean
  readonly sourcePrefixLength?: number
  /**
   * The IPv4 address that a NAT64 address (RFC 6052) stands for. It is ordered, and mixed with the
   * other family, as that IPv4 address (docs/racing.md, R14); `source` is still the one that
   * `address` is dialled from.
   */
  readonly embedded?: string
  /** Smoothed round-trip time to the address, in milliseconds; absent where it was never connected to (RFC 8305 section 4). */
  readonly rttMs?: number
}

/**
 * A candidate with all that the rules compare, worked out once for a sort. Where sources do not count
 * (see `readDestinations`) every destination has the same in the fields that come from one.
 */
export type Destination<C extends Sortable = Sortable> = {
  readonly candidate: C
  /** 4 for an IPv4-mapped address as well. */
  readonly family: Family
  readonly scope: number
  readonly precedence: number
  /** There is a source address to send from. */
  readonly usable: boolean
  readonly scopeMatches: boolean
  readonly sourceDeprecated: boolean
  readonly labelMatches: boolean
  /** Leading bits shared with the source, at most as many as the source's prefix has; 0 for IPv4. */
  readonly commonPrefixLength: number
  /** The round-trip time in coarse steps (see `rttStep`); null where none is known. */
  readonly rttStep: number | null
}

/** RFC 6724 section 2.2 counts no bit of an interface identifier; unless told otherwise, half of IPv6. */
const PREFIX_LENGTH_DEFAULT = 64

/** Up to here all round-trip times are one step: nobody feels the difference. */
const RTT_FIRST_STEP_MS = 10

/**
 * A round-trip time as a step: 0 up to 10 ms, then one for each doubling (20, 40, 80 ...). Measured
 * times differ from race to race, the more so the longer they are; were they compared as they are,
 * two equal addresses would change places at every connection. Steps of one ladder, rather than a
 * least difference of the two at hand, keep the order transitive.
 */
export const rttStep = (rttMs: number): number =>
  Math.max(0, Math.ceil(Math.log2(rttMs / RTT_FIRST_STEP_MS)))

/**
 * An address as the rules see it: one that is IPv4-mapped is IPv4.
 *
 * @param what the text is, for the message
 * @throws ERR_INVALID_ADDRESS where it is no IP address
 */
export const readIp = (text: string, what: string): Ip => {
  const ip = parseIp(text)
  if (ip) return unmapIp(ip)
  throw fail(
    'ERR_INVALID_ADDRESS',
    `the ${what} "${text}" cannot be sorted: an IP address is wanted`,
    { found: text },
  )
}

/**
 * The addresses whose /48 is "known-local" by the revision of RFC 6724: the unique local addresses of
 * this host's interfaces. A unique local source is one of them, told or not.
 */
export const readKnownLocal = (
  table: PolicyTableName,
  knownLocal: readonly string[],
  sources: readonly (Ip | undefined)[],
): readonly Ip[] =>
  table === 'updated'
    ? [...knownLocal.map(text => readIp(text, 'known-local address')), ...sources]
        .filter(ip => ip !== undefined)
        .filter(makesKnownLocal)
    : []

/**
 * Candidates as the rules see them.
 *
 * Sources count only if every candidate says what its own is (an address, or null for none). Were
 * the rules that need them left out of single comparisons, the order would run in circles: A before
 * B by rule 1, B before C by rule 6, C before A by rule 6 again.
 *
 * @param knownLocal this host's unique local addresses beside the sources, for the `updated` table; others are ignored
 * @throws ERR_INVALID_ADDRESS where an address, a source or one of `knownLocal` is no IP address
 */
export const readDestinations = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal: readonly string[] = [],
): Destination<C>[] => {
  const asked = candidates.every(({ source }) => source !== undefined)
  const sources = candidates.map(({ source }) =>
    asked && typeof source === 'string' ? readIp(source, 'source address') : undefined,
  )
  const ownLocal = readKnownLocal(table, knownLocal, sources)
  return candidates.map((candidate, i) => {
    const { address, embedded, rttMs } = candidate
    const ip = readIp(embedded ?? address, 'address')
    const source = sources[i]
    const scope = scopeOf(ip)
    const policy = lookupPolicy(table, ip, ownLocal)
    return {
      candidate,
      family: ip.family,
      scope,
      precedence: policy.precedence,
      usable: !asked || source !== undefined,
      scopeMatches: source !== undefined && scopeOf(source) === scope,
      sourceDeprecated: source !== undefined && candidate.sourceDeprecated === true,
      // Behind a NAT64 the packets have an IPv4 source, whose label is that of every IPv4 address.
      labelMatches:
        source !== undefined &&
        (embedded !== undefined || lookupPolicy(table, source, ownLocal).label === policy.label),
      commonPrefixLength:
        source === undefined || ip.family === 4
          ? 0
          : Math.min(
              commonPrefixLength(source, ip),
              candidate.sourcePrefixLength ?? PREFIX_LENGTH_DEFAULT,
            ),
      rttStep: rttMs === undefined ? null : rttStep(rttMs),
    }
  })
}
