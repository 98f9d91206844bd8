import { familyOf } from '../core/family.ts'
import type { Family, RecordType } from '../core/family.ts'
import { explainOrder } from '../eyeballs/order/sort-destinations.ts'
import type { PolicyTableName } from '../eyeballs/order/policy-tables.ts'
import { recordsOf } from '../eyeballs/records-of.ts'
import type { Answer } from '../resolver/types.ts'
import type { Races } from './open-races.ts'

/** One lookup and how long it took. */
export type LookupReport = {
  readonly type: RecordType
  /** Milliseconds from the begin of both. */
  readonly startMs: number
  readonly endMs: number
  readonly answer: Answer
}

type Place = {
  readonly address: string
  readonly family: Family
  /** The IPv4 address that a NAT64 address stands for. */
  readonly embedded?: string
  /** The address this host would send from; null where there is none. */
  readonly source: string | null
  /** The rule of RFC 6724 that decided against the next place; null for the last. */
  readonly rule: string | null
}

/** Both lookups of a name, and the order of what they found. */
export type NameReport = {
  readonly name: string
  readonly lookups: readonly LookupReport[]
  readonly order: readonly Place[]
}

/** Looks both families of a name up at once, and orders the addresses as RFC 6724 section 6 says. */
export const lookUp = async (
  name: string,
  { lookup, source, now }: Races,
  table: PolicyTableName,
): Promise<NameReport> => {
  const begin = now()
  const lookups = await Promise.all(
    recordsOf(name).map(async (type): Promise<LookupReport> => {
      const startMs = now() - begin
      const answer = await lookup(name, type)
      return { type, startMs, endMs: now() - begin, answer }
    }),
  )
  const found = lookups.flatMap(({ type, answer }) =>
    answer.ok
      ? answer.addresses.map(address => {
          const embedded = answer.embedded?.get(address)
          return embedded === undefined
            ? { address, family: familyOf(type) }
            : { address, family: 6 as const, embedded }
        })
      : [],
  )
  // A DNS64 and this host make the same address of the same record.
  const distinct = [...new Map(found.map(each => [each.address, each])).values()]
  const candidates = await Promise.all(
    distinct.map(async each => {
      const from = await source(each.address)
      return {
        ...each,
        source: from.address,
        sourceDeprecated: from.deprecated,
        sourcePrefixLength: from.prefixLength,
      }
    }),
  )
  const order = explainOrder(candidates, table).map(({ candidate, rule }) => ({
    address: candidate.address,
    family: candidate.family,
    ...('embedded' in candidate && { embedded: candidate.embedded }),
    source: candidate.source,
    rule,
  }))
  return { name, lookups, order }
}
