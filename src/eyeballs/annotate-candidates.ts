import { familyOfAddress } from '../core/ip.ts'
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
    // The family of the address itself: an A lookup may bring NAT64 addresses, and an AAAA lookup IPv4-mapped
    // ones, which are unwrapped before.
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

/** Whether the host's answer is cached, so that it is available without waiting. */
const isKnown = (source: SourceAddress | Promise<SourceAddress>): source is SourceAddress =>
  !(source instanceof Promise)

/**
 * Converts the addresses of one lookup to candidates, with the host's data that their order needs and with
 * the history of earlier races. The host is not asked if the race has one address, or if the order was
 * given by hand.
 *
 * @param known candidates that this lookup brought before; those whose addresses remain stay the same
 *   objects, so that history counts an address once
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
  /** A candidate that was the only one before has no source yet. */
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
