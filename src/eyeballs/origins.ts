import type { Judge } from '../core/judge.ts'
import type { Mutable } from '../core/mutable.ts'
import type { PositiveAnswer } from '../resolver/types.ts'
import type { Candidate, Query } from './race/types.ts'

/** An endpoint with its origin. */
export type Origin = Parameters<Judge>[0]

/** The origins of the addresses of one race. */
export type Origins = {
  /** Adds the addresses of a lookup's answer. */
  readonly add: (query: Query, answer: PositiveAnswer) => void
  /** The first lookup that brought an endpoint is its origin; an endpoint from no lookup was given by hand. */
  readonly of: (address: string, port: number) => Origin
}

const isOf = ({ query, answer }: Brought, address: string, port: number): boolean =>
  query.port === port && answer.addresses.includes(address)

type Brought = { readonly query: Query; readonly answer: PositiveAnswer }

/**
 * Keeps the answers and searches them when an endpoint is dialled: most races dial one endpoint, so an
 * index of all of them would cost more than it saves.
 *
 * @param given the race's own addresses, which need no lookup
 */
export const createOrigins = (given: readonly Candidate[] = []): Origins => {
  const brought: Brought[] = []
  return {
    add: (query, answer) => void brought.push({ query, answer }),
    of: (address, port) => {
      const literal = { host: address, source: 'literal', address, port }
      const own = given.find(each => each.address === address && each.port === port)
      if (own?.embedded !== undefined) return { ...literal, embedded: own.embedded }
      const first = brought.find(each => isOf(each, address, port))
      if (!first) return literal
      const { query, answer } = first
      const { host } = query
      const source = answer.origin ?? answer.source
      const { fullName, possibleNames } = answer
      const embedded = answer.embedded?.get(address)
      const origin: Mutable<Origin> = { host, source, address, port }
      if (embedded !== undefined) origin.embedded = embedded
      if (fullName !== undefined) origin.fullName = fullName
      if (possibleNames) origin.possibleNames = possibleNames
      return origin
    },
  }
}
