import type { Cidr } from '../../core/cidr.ts'
import type { Clock } from '../../core/clock.ts'
import type { Query } from '../query.ts'
import { isNegative } from '../query.ts'
import type { Answer } from '../types.ts'
import { readPrefixes } from './read-prefixes.ts'

/** RFC 7050 section 2.2: a name with no IPv6 address of its own. */
export const WELL_KNOWN_NAME = 'ipv4only.arpa'

/** How long the C library's answer is believed, which comes without a time to live. A change of the network ends it too. */
export const SYSTEM_ANSWER_MAX_AGE_MS = 300_000

const NONE: readonly Cidr[] = []

export type PrefixDiscovery = {
  /** The prefixes of this network's NAT64, none where it has none: at once where they are known, else a promise that never rejects. */
  readonly prefixes: () => readonly Cidr[] | Promise<readonly Cidr[]>
  /** The network is another one: what the C library said of the old one is void. */
  readonly forget: () => void
}

/**
 * Finds the prefix of this network's NAT64 as RFC 7050 section 3 says, by the IPv6 addresses of
 * ipv4only.arpa. The answer is kept by its time to live, also where it is that there is none; a
 * failure to get one counts as none for as long as failures are kept. It is not validated by DNSSEC
 * (RFC 7050 section 3.1): whoever answers for all other names is believed here too.
 *
 * @param query with a cache, which sees to it that the name is asked for once and not each time
 */
export const createPrefixDiscovery = (query: Query, clock: Pick<Clock, 'now'>): PrefixDiscovery => {
  let read:
    { readonly addresses: readonly string[]; readonly prefixes: readonly Cidr[] } | undefined
  let system: { readonly prefixes: readonly Cidr[]; readonly until: number } | undefined
  let epoch = 0

  const prefixesOf = (answer: Answer): readonly Cidr[] => {
    if (!answer.ok) return NONE
    const { addresses } = answer
    // Out of the cache comes the same list each time.
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
