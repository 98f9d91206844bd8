import type { RaceEntry } from '../admin/api.ts'
import type { ShownOutcome } from './race-outcome.ts'
import { outcomeOf } from './race-outcome.ts'

/** Which races are shown; an empty text fits all. */
export type RaceFilter = {
  /** A part of the target, or of an address of an attempt. */
  readonly name: string
  /** A part of the client's address or user name. */
  readonly client: string
  readonly outcome: ShownOutcome | 'all'
}

export const NO_FILTER: RaceFilter = { name: '', client: '', outcome: 'all' }

export const isFilterEmpty = ({ name, client, outcome }: RaceFilter): boolean =>
  name.trim() === '' && client.trim() === '' && outcome === 'all'

/** The predicate of a filter. Upper and lower case are the same. */
export const createRaceFilter = (filter: RaceFilter): ((race: RaceEntry) => boolean) => {
  const name = filter.name.trim().toLowerCase()
  const client = filter.client.trim().toLowerCase()
  const has = (text: string | null, part: string): boolean =>
    text !== null && text.toLowerCase().includes(part)
  return race =>
    (filter.outcome === 'all' ||
      outcomeOf(race) === filter.outcome ||
      // A race with a hidden failure was won, too.
      race.outcome === filter.outcome) &&
    (name === '' ||
      has(race.target, name) ||
      race.attempts.some(({ address }) => has(address, name))) &&
    (client === '' || has(race.client, client) || has(race.user, client))
}
