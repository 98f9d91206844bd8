import type { Family, RecordType } from '../core/ip.ts'
import { familyOfAddress } from '../core/ip.ts'
import { recordsOf } from '../eyeballs/dialer.ts'
import type { PolicyTableName } from '../eyeballs/order/policy-tables.ts'
import { explainOrder } from '../eyeballs/order/sort-destinations.ts'
import { lookupText } from '../eyeballs/race/failure.ts'
import type { SourceAddress } from '../net/network.ts'
import type { Answer, NegativeAnswer } from '../resolver/types.ts'
import type { Races } from './open-races.ts'

/** One lookup and its duration. */
export type LookupReport = {
  readonly type: RecordType
  /** Milliseconds from the start of `lookUp`. */
  readonly startMs: number
  readonly endMs: number
  readonly answer: Answer
  /** Why the lookup has no address, as text for people; null if it has one. */
  readonly failure: string | null
}

type Place = {
  readonly address: string
  readonly family: Family
  /** The IPv4 address that a NAT64 address embeds. */
  readonly embedded?: string
  /** The source address that this host would use; null if it has none. */
  readonly source: string | null
  /** The RFC 6724 rule that sorted this place before the next one; null for the last. */
  readonly rule: string | null
}

/** The lookups of a name that took place, and the sorted addresses. */
export type NameReport = {
  readonly name: string
  readonly lookups: readonly LookupReport[]
  readonly order: readonly Place[]
}

type Found = Pick<Place, 'address' | 'family' | 'embedded'>

const foundBy = ({ answer }: LookupReport): Found[] =>
  answer.ok
    ? answer.addresses.map((address): Found => {
        const embedded = answer.embedded?.get(address)
        const family = familyOfAddress(address)
        return embedded === undefined ? { address, family } : { address, family, embedded }
      })
    : []

const placeOf = (from: SourceAddress) => ({
  source: from.address,
  sourceDeprecated: from.deprecated,
  sourcePrefixLength: from.prefixLength,
})

const failureOf = (type: RecordType, answer: NegativeAnswer): string =>
  answer.code === 'ENODATA' ? `no ${type} record` : lookupText(answer)

/** Looks up both families of a name at once, and sorts the addresses as RFC 6724 section 6 requires. */
export const lookUp = async (
  name: string,
  { lookup, source, knownLocal, now }: Races,
  table: PolicyTableName,
): Promise<NameReport> => {
  const begin = now()
  const lookups = await Promise.all(
    recordsOf(name).map(async (type): Promise<LookupReport> => {
      const startMs = now() - begin
      const answer = await lookup(name, type)
      const failure = answer.ok ? null : failureOf(type, answer)
      return { type, startMs, endMs: now() - begin, answer, failure }
    }),
  )
  // A DNS64 server and this host synthesize the same address from the same A record.
  const found = new Map(lookups.flatMap(foundBy).map(each => [each.address, each]))
  const candidates = await Promise.all(
    [...found.values()].map(async each => Object.assign(each, placeOf(await source(each.address)))),
  )
  const order = explainOrder(candidates, table, knownLocal()).map(
    ({ candidate: { address, family, embedded, source: from }, rule }): Place =>
      embedded === undefined
        ? { address, family, source: from, rule }
        : { address, family, embedded, source: from, rule },
  )
  return { name, lookups: lookups.filter(({ answer }) => answer.source !== 'none'), order }
}
