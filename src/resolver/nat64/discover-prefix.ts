import type { Cidr } from '../../core/cidr.ts'
import type { Clock } from '../../core/clock.ts'
import type { Query } from '../query.ts'
import { isNegative } from '../query.ts'
import type { Answer } from '../types.ts'
import { readPrefixes } from './read-prefixes.ts'

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
