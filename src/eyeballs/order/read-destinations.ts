import { commonPrefixLength } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import type { Family, Ip, ReadIp } from '../../core/ip.ts'
import { parseIp, unmapIp } from '../../core/ip.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { lookupPolicy, makesKnownLocal } from './policy-tables.ts'

/**
 * The scope of an address, as the number of a multicast scope in RFC 4291 section 2.7; RFC 6724 section 3.1
 * maps unicast addresses to the same values. A smaller number is a smaller scope. A multicast address may
 * also have a scope between these.
 */
const SCOPE = { linkLocal: 0x2, siteLocal: 0x5, global: 0xe } as const

const isLoopback6 = (bytes: Uint8Array): boolean => {
  for (let i = 0; i < 15; i++) if (bytes[i] !== 0) return false
  return bytes[15] === 1
}

const scopeOf4 = (bytes: Uint8Array): number => {
  // RFC 6724 section 3.2: private addresses (RFC 1918) have global scope, because NAT may translate them.
  const linkLocal = bytes[0] === 127 || (bytes[0] === 169 && bytes[1] === 254)
  return linkLocal ? SCOPE.linkLocal : SCOPE.global
}

const scopeOf6 = (bytes: Uint8Array): number => {
  const [first = 0, second = 0] = bytes
  // RFC 4291 section 2.7: the low four bits of the second byte are the scope.
  if (first === 0xff) return second & 0x0f
  if (first === 0xfe && (second & 0xc0) === 0x80) return SCOPE.linkLocal // fe80::/10
  if (first === 0xfe && (second & 0xc0) === 0xc0) return SCOPE.siteLocal // fec0::/10
  // RFC 6724 section 3.4: the loopback address has link-local scope.
  return isLoopback6(bytes) ? SCOPE.linkLocal : SCOPE.global
}

/**
 * The scope of an address by RFC 6724 sections 3.1 to 3.4.
 *
 * @param ip not IPv4-mapped: unmap it first
 * @returns 0 to 15; for unicast, a value of `SCOPE`
 */
export const scopeOf = (ip: Ip): number =>
  ip.family === 4 ? scopeOf4(ip.bytes) : scopeOf6(ip.bytes)

/** The fields of a candidate that determine its order. */
export type Sortable = {
  /** In canonical text, zone included. */
  readonly address: string
  /**
   * The source address that this host would use: null if there is none (RFC 6724 section 6, rule 1), absent if the
   * host was not asked.
   */
  readonly source?: string | null
  readonly sourceDeprecated?: boolean
  readonly sourcePrefixLength?: number
  /**
   * The IPv4 address in a NAT64 address (RFC 6052). The candidate is sorted and interleaved as that IPv4
   * address (docs/racing.md, R14); `source` is still the one from which `address` is dialled.
   */
  readonly embedded?: string
  /**
   * Smoothed round-trip time to the address, in milliseconds; absent if no connection was ever made (RFC
   * 8305 section 4).
   */
  readonly rttMs?: number
}

/**
 * A candidate with everything that the rules compare, computed once per sort. If sources do not count (see
 * `readDestinations`), all destinations have equal values in the fields that depend on a source.
 */
export type Destination<C extends Sortable = Sortable> = {
  readonly candidate: C
  /** 4 also for an IPv4-mapped address. */
  readonly family: Family
  readonly scope: number
  readonly precedence: number
  /** Whether there is a source address. */
  readonly usable: boolean
  readonly scopeMatches: boolean
  readonly sourceDeprecated: boolean
  readonly labelMatches: boolean
  /** Leading bits shared with the source, at most the source's prefix length; 0 for IPv4. */
  readonly commonPrefixLength: number
  /** The round-trip time as a step (see `rttStep`); null if unknown. */
  readonly rttStep: number | null
}

/** The default prefix length: RFC 6724 section 2.2 excludes the interface identifier, half of an IPv6 address. */
const PREFIX_LENGTH_DEFAULT = 64

/** Round-trip times up to this are one step: the difference is not noticeable. */
const RTT_FIRST_STEP_MS = 10

/**
 * A round-trip time as a step: 0 up to 10 ms, then one more for each doubling (20, 40, 80 ...). Measured
 * times vary between races, longer ones more, so that exact comparison would reorder equal addresses at
 * every connection. Fixed steps, unlike a minimum difference between two times, keep the order transitive.
 */
export const rttStep = (rttMs: number): number =>
  Math.max(0, Math.ceil(Math.log2(rttMs / RTT_FIRST_STEP_MS)))

/**
 * Reads an address as the rules see it: an IPv4-mapped one becomes IPv4.
 *
 * @param what what the text is, for the message
 * @param readIp reads addresses; `parseIp` by default
 * @throws ERR_INVALID_ADDRESS if it is not an IP address
 */
export const readUnmapped = (text: string, what: string, readIp: ReadIp = parseIp): Ip => {
  const ip = readIp(text)
  if (ip) return unmapIp(ip)
  throw fail(
    'ERR_INVALID_ADDRESS',
    `the ${what} "${text}" cannot be sorted: an IP address is wanted`,
    { found: text },
  )
}

/**
 * The addresses whose /48 is "known-local" by the revision of RFC 6724: the unique local addresses of this
 * host's interfaces. A unique local source always counts, given or not.
 */
export const readKnownLocal = (
  table: PolicyTableName,
  knownLocal: readonly string[],
  sources: readonly (Ip | undefined)[],
  readIp: ReadIp = parseIp,
): readonly Ip[] =>
  table === 'updated'
    ? [...knownLocal.map(text => readUnmapped(text, 'known-local address', readIp)), ...sources]
        .filter(ip => ip !== undefined)
        .filter(makesKnownLocal)
    : []

/**
 * Candidates as the rules see them.
 *
 * Sources count only if every candidate has one (an address, or null for none). If single comparisons left
 * out the rules that need sources, the order would be cyclic: A before B by rule 1, B before C by rule 6, C
 * before A by rule 6.
 *
 * @param knownLocal this host's unique local addresses besides the sources, for the `updated` table; others
 *   are ignored
 * @throws ERR_INVALID_ADDRESS if an address, a source or one of `knownLocal` is not an IP address
 */
export const readDestinations = <C extends Sortable>(
  candidates: readonly C[],
  table: PolicyTableName,
  knownLocal: readonly string[] = [],
  readIp: ReadIp = parseIp,
): Destination<C>[] => {
  const asked = candidates.every(({ source }) => source !== undefined)
  const sources = candidates.map(({ source }) =>
    asked && typeof source === 'string'
      ? readUnmapped(source, 'source address', readIp)
      : undefined,
  )
  const ownLocal = readKnownLocal(table, knownLocal, sources, readIp)
  return candidates.map((candidate, i) => {
    const { address, embedded, rttMs } = candidate
    const ip = readUnmapped(embedded ?? address, 'address', readIp)
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
      // Behind a NAT64 the packets have an IPv4 source, with the same label as every IPv4 address.
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
