import type { PositiveAnswer } from '../resolver/types.ts'
import type { Candidate, Query } from './race/types.ts'

/** Where an endpoint came from, as the judge wants to know it. */
export type Origin = {
  readonly host: string
  readonly source: string
  readonly embedded?: string
}

/** Where the addresses of one race came from. */
export type Origins = {
  /** A lookup has brought these. */
  readonly add: (query: Query, answer: PositiveAnswer) => void
  /** Of an endpoint that several brought, the first; one that none brought was given by hand. */
  readonly of: (address: string, port: number) => Origin
}

const isOf = ({ query, answer }: Brought, address: string, port: number): boolean =>
  query.port === port && answer.addresses.includes(address)

type Brought = { readonly query: Query; readonly answer: PositiveAnswer }

/**
 * Remembers the answers as they are and looks into them when an endpoint is dialled: most races dial
 * one, so a table of all of them would cost more than it saves.
 *
 * @param given the race's own addresses, which need no lookup
 */
export const createOrigins = (given: readonly Candidate[] = []): Origins => {
  const brought: Brought[] = []
  return {
    add: (query, answer) => void brought.push({ query, answer }),
    of: (address, port) => {
      const literal = { host: address, source: 'literal' }
      const own = given.find(each => each.address === address && each.port === port)
      if (own?.embedded !== undefined) return { ...literal, embedded: own.embedded }
      const first = brought.find(each => isOf(each, address, port))
      if (!first) return literal
      const { query, answer } = first
      const { host } = query
      const source = answer.origin ?? answer.source
      const embedded = answer.embedded?.get(address)
      return embedded === undefined ? { host, source } : { host, source, embedded }
    },
  }
}
