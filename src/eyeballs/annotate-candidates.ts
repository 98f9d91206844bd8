import { familyOfAddress } from '../core/family.ts'
import type { Mutable } from '../core/mutable.ts'
import type { Network, SourceAddress } from '../net/types.ts'
import type { PositiveAnswer } from '../resolver/types.ts'
import type { RaceMemory } from './history.ts'
import type { Candidate, Query, RaceConfig } from './race/types.ts'

const toCandidate = (
  address: string,
  embedded: string | undefined,
  { port }: Query,
  source?: SourceAddress,
): Candidate => {
  const candidate: Mutable<Candidate> = {
    address,
    // A NAT64 address answers the question for IPv4, an IPv4-mapped one (unwrapped by now) that for IPv6.
    family: familyOfAddress(address),
    port,
  }
  if (embedded !== undefined) candidate.embedded = embedded
  if (!source) return candidate
  candidate.source = source.address
  candidate.sourceDeprecated = source.deprecated
  candidate.sourcePrefixLength = source.prefixLength
  return candidate
}

/** What the host was asked a few seconds ago it knows, and no turn is waited for. */
const isKnown = (source: SourceAddress | Promise<SourceAddress>): source is SourceAddress =>
  !(source instanceof Promise)

/**
 * One lookup's addresses as candidates, with what only the host knows and their order needs, and what
 * earlier races taught. A race of one address has no order: nobody is asked there. In an order that was
 * given by hand the host is not asked.
 *
 * @param known what this lookup had brought before; those of its addresses that are still there stay
 *   as they are, so that a race is taught about an address once
 */
export const annotateCandidates = (
  { addresses, embedded }: Pick<PositiveAnswer, 'addresses' | 'embedded'>,
  query: Query,
  config: RaceConfig,
  network: Pick<Network<never>, 'source'>,
  memory?: RaceMemory,
  known: readonly Candidate[] = [],
): readonly Candidate[] | Promise<readonly Candidate[]> => {
  const others = config.queries.length + (config.addresses?.length ?? 0) - 1
  const isAlone = others === 0 && addresses.length < 2
  const isOrdered = !isAlone && config.order !== 'given'
  /** One that was alone before has no source yet. */
  const stays = (each: Candidate): boolean => !isOrdered || each.source !== undefined
  const kept = known.filter(stays)
  const fresh =
    kept.length === 0
      ? addresses
      : addresses.filter(address => kept.every(each => each.address !== address))

  const finish = (sources: readonly SourceAddress[]): readonly Candidate[] => {
    const made = fresh.map((address, i) =>
      toCandidate(address, embedded?.get(address), query, sources[i]),
    )
    const annotated = memory && !isAlone ? memory.annotate(made) : made
    if (kept.length === 0) return annotated
    const all = [...kept, ...annotated]
    return addresses.flatMap(address => all.find(each => each.address === address) ?? [])
  }
  if (!isOrdered) return finish([])
  const sources = fresh.map(address => network.source(address))
  const answered = sources.filter(isKnown)
  if (answered.length === sources.length) return finish(answered)
  return Promise.all(sources.map(async source => source)).then(finish)
}
