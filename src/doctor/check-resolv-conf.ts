import type { ResolvConf } from '../resolver/resolv-conf.ts'
import { finding, ok } from './findings.ts'
import type { Finding } from './types.ts'

/** The C library asks no more (resolv.conf(5), MAXNS). */
const SERVERS_MAX = 3
/** Search domains, and dots, from which on short names cost many queries. */
const MANY_DOMAINS = 3
const MANY_DOTS = 1

const SECOND_MS = 1000
const LONG_TIMEOUT_MS = 5000

/** Looks at the options of resolv.conf that change how names are looked up. */
export const checkResolvConf = (
  conf: Pick<
    ResolvConf,
    'search' | 'ndots' | 'timeoutMs' | 'useTcp' | 'singleRequest' | 'noAaaa' | 'rotate'
  >,
  servers: readonly string[],
): readonly Finding[] => {
  const { search, ndots, timeoutMs, useTcp, singleRequest, noAaaa } = conf
  const facts = { search, ndots }
  const found: Finding[] = []
  const add = (...parts: Parameters<typeof finding>): void => void found.push(finding(...parts))
  if (servers.length > SERVERS_MAX) {
    add(
      'resolv.servers',
      'note',
      `There are ${servers.length} DNS servers; the C library asks the first ${SERVERS_MAX}, eyeballd all`,
      'Leave out those beyond the third, so that all programs have the same',
      { servers },
    )
  }
  const domains = search.map(domain => domain || '.').join(', ')
  if (search.length === 0) found.push(ok('resolv.search', 'There are no search domains', facts))
  else if (search.length > MANY_DOMAINS || ndots > MANY_DOTS) {
    add(
      'resolv.search',
      'note',
      `A name with fewer than ${ndots} ${ndots === 1 ? 'dot' : 'dots'} is tried in ${search.length} search domains first (${domains}), two queries each`,
      'Write such names with a final dot, or set resolver.search: [] if no short name is used',
      facts,
    )
  } else found.push(ok('resolv.search', `Short names are searched in ${domains}`, facts))
  if (noAaaa) {
    add(
      'resolv.options',
      'warning',
      'resolv.conf has options no-aaaa, so no name has IPv6',
      'Remove it, unless IPv6 is meant to be unused',
    )
  }
  if (useTcp) {
    add(
      'resolv.options',
      'note',
      'resolv.conf has options use-vc, so every query goes by TCP',
      'Remove it if UDP works; TCP costs a round trip more',
    )
  }
  if (singleRequest) {
    add(
      'resolv.options',
      'note',
      'resolv.conf has options single-request, so A waits for AAAA',
      'Remove it unless a router loses one of two answers; it makes lookups twice as long',
    )
  }
  if ((timeoutMs ?? 0) > LONG_TIMEOUT_MS) {
    add(
      'resolv.options',
      'note',
      `resolv.conf lets a silent server take ${(timeoutMs ?? 0) / SECOND_MS} s`,
      'Shorten it (options timeout:2), or set resolver.timeout',
    )
  }
  return found
}
