import { familyOf } from '../core/family.ts'
import type { Mutable } from '../core/mutable.ts'
import type { Network, SourceAddress } from '../net/types.ts'
import type { PositiveAnswer } from '../resolver/types.ts'
import type { RaceMemory } from './history.ts'
import type { Candidate, Query, RaceConfig } from './race/types.ts'

const toCandidate = (
  address: string,
  embedded: string | undefined,
  { record, port }: Query,
  source?: SourceAddress,
): Candidate => {
  const candidate: Mutable<Candidate> = {
    address,
    // A NAT64 address answers the question for IPv4.
    family: embedded === undefined ? familyOf(record) : 6,
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
 */
export const annotateCandidates = (
  { addresses, embedded }: Pick<PositiveAnswer, 'addresses' | 'embedded'>,
  query: Query,
  config: RaceConfig,
  network: Pick<Network<never>, 'source'>,
  memory?: RaceMemory,
): readonly Candidate[] | Promise<readonly Candidate[]> => {
  const plain = (): readonly Candidate[] =>
    addresses.map(address => toCandidate(address, embedded?.get(address), query))
  const others = config.queries.length + (config.addresses?.length ?? 0) - 1
  if (others === 0 && addresses.length < 2) return plain()
  if (config.order === 'given') return memory ? memory.annotate(plain()) : plain()
  const finish = (sources: readonly SourceAddress[]): readonly Candidate[] => {
    const candidates = addresses.map((address, i) =>
      toCandidate(address, embedded?.get(address), query, sources[i]),
    )
    return memory ? memory.annotate(candidates) : candidates
  }
  const sources = addresses.map(address => network.source(address))
  const known = sources.filter(isKnown)
  if (known.length === sources.length) return finish(known)
  return Promise.all(sources.map(async source => source)).then(finish)
}
