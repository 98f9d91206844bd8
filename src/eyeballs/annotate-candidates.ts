import { familyOf } from '../core/family.ts'
import type { Network, SourceAddress } from '../net/types.ts'
import type { Candidate, Query, RaceConfig } from './race/types.ts'

const toCandidate = (
  address: string,
  { record, port }: Query,
  source?: SourceAddress,
): Candidate => ({
  address,
  family: familyOf(record),
  port,
  ...(source && {
    source: source.address,
    sourceDeprecated: source.deprecated,
    sourcePrefixLength: source.prefixLength,
  }),
})

/**
 * One lookup's addresses as candidates, with what only the host knows and their order needs. A race
 * of one address has no order, nor has one in an order given by hand: nobody is asked there.
 */
export const annotateCandidates = async (
  addresses: readonly string[],
  query: Query,
  config: RaceConfig,
  network: Pick<Network<never>, 'source'>,
): Promise<readonly Candidate[]> => {
  const alone = config.queries.length === 1 && addresses.length < 2
  if (alone || config.order === 'given')
    return addresses.map(address => toCandidate(address, query))
  return Promise.all(
    addresses.map(async address => toCandidate(address, query, await network.source(address))),
  )
}
