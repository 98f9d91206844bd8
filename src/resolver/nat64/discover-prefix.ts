import type { Cidr } from '../../core/cidr.ts'
import { NAT64_PREFIX_LENGTHS, U_OCTET, formatCidr, nat64PrefixOf } from '../../core/cidr.ts'
import type { Clock } from '../../core/clock.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { isNegative } from '../answers.ts'
import type { Answer, Query } from '../types.ts'
import { ipv4At } from './translate.ts'

/** RFC 7050 section 2.2: the only addresses of ipv4only.arpa. Its AAAA records are synthesized from them. */
const WELL_KNOWN: readonly string[] = ['192.0.0.170', '192.0.0.171']

/** A match of a well-known IPv4 address in an IPv6 address. */
type Find = { readonly prefix: Cidr; readonly text: string; readonly ipv4: string }

const findsIn = (address: string): readonly Find[] => {
  const { bytes } = parseIp(address) ?? {}
  // ::/64 contains mapped addresses and similar formats, and is not routed to a NAT64.
  if (bytes?.length !== 16 || bytes.subarray(0, 8).every(byte => byte === 0)) return []
  if (bytes[U_OCTET] !== 0) return []
  return NAT64_PREFIX_LENGTHS.flatMap(length => {
    const ipv4 = formatIp(ipv4At(bytes, length))
    const prefix = nat64PrefixOf(bytes, length)
    return WELL_KNOWN.includes(ipv4) ? [{ prefix, text: formatCidr(prefix), ipv4 }] : []
  })
}

/**
 * Returns the NAT64 prefixes of the AAAA records of ipv4only.arpa (RFC 7050 section 3), in the order of the
 * answer. An address may match at several positions because its prefix contains a well-known IPv4 address;
 * then only a prefix counts that was found with both well-known addresses.
 *
 * @param addresses the AAAA records; addresses without a match are ignored
 */
export const readPrefixes = (addresses: readonly string[]): readonly Cidr[] => {
  const all = addresses.map(findsIn)
  const seen = new Map<string, Set<string>>()
  for (const { text, ipv4 } of all.flat()) {
    seen.set(text, (seen.get(text) ?? new Set<string>()).add(ipv4))
  }
  const found = new Map<string, Cidr>()
  for (const finds of all) {
    for (const { prefix, text } of finds) {
      if (finds.length === 1 || seen.get(text)?.size === WELL_KNOWN.length) found.set(text, prefix)
    }
  }
  return [...found.values()]
}

/** RFC 7050 section 2.2: this name has no IPv6 address of its own. */
export const WELL_KNOWN_NAME = 'ipv4only.arpa'

/** Lifetime of the C library's answer, which has no TTL. A change of the network ends it too. */
export const SYSTEM_ANSWER_MAX_AGE_MS = 300_000

const NONE: readonly Cidr[] = []

export type PrefixDiscovery = {
  /**
   * Returns the NAT64 prefixes of this network, none if it has no NAT64: at once if they are known, else as
   * a promise that never rejects.
   */
  readonly prefixes: () => readonly Cidr[] | Promise<readonly Cidr[]>
  /** The network has changed: the C library's answer is discarded. */
  readonly forget: () => void
}

/**
 * Discovers the NAT64 prefix of this network from the AAAA records of ipv4only.arpa (RFC 7050 section 3).
 * Positive and negative answers are kept for their TTL; a failure counts as no prefix for as long as the
 * cache keeps failures. There is no DNSSEC validation (RFC 7050 section 3.1): the server that answers for
 * all other names is trusted here too.
 *
 * @param query a query function with a cache, so that the name is not queried each time
 */
export const createPrefixDiscovery = (query: Query, clock: Pick<Clock, 'now'>): PrefixDiscovery => {
  let read:
    { readonly addresses: readonly string[]; readonly prefixes: readonly Cidr[] } | undefined
  let system: { readonly prefixes: readonly Cidr[]; readonly until: number } | undefined
  let epoch = 0

  const prefixesOf = (answer: Answer): readonly Cidr[] => {
    if (!answer.ok) return NONE
    const { addresses } = answer
    // The cache returns the same array each time.
    if (read?.addresses !== addresses) read = { addresses, prefixes: readPrefixes(addresses) }
    return read.prefixes
  }

  return {
    prefixes: () => {
      if (system && clock.now() < system.until) return system.prefixes
      const asked = epoch
      let known: readonly Cidr[] | undefined
      let settle = (prefixes: readonly Cidr[]): void => void (known = prefixes)
      query(WELL_KNOWN_NAME, 'AAAA', answer => {
        const prefixes = prefixesOf(answer)
        if (answer.source === 'system' && asked === epoch && (answer.ok || isNegative(answer))) {
          system = { prefixes, until: clock.now() + SYSTEM_ANSWER_MAX_AGE_MS }
        }
        settle(prefixes)
      })
      return known ?? new Promise(resolve => (settle = resolve))
    },
    forget: () => {
      epoch++
      system = undefined
    },
  }
}
