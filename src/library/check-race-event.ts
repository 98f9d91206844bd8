import type { RaceEvent } from '../eyeballs/race/types.ts'
import { checkObject, checkOneOf, checkWhole } from './check-argument.ts'
import { checkCandidate } from './check-race-config.ts'
import { invalidArgument } from './invalid-argument.ts'

/** The fields of each event besides its type. */
const FIELDS: Readonly<
  Record<RaceEvent['type'], Readonly<Record<string, 'id' | 'string' | 'boolean' | 'candidates'>>>
> = {
  wake: {},
  resolved: { id: 'id', candidates: 'candidates', source: 'string' },
  'resolve-failed': { id: 'id', code: 'string', source: 'string' },
  connected: { id: 'id', local: 'string' },
  'connect-failed': { id: 'id', code: 'string', message: 'string', sent: 'boolean' },
  aborted: {},
  deferred: { id: 'id' },
  scarce: {},
  hello: {},
  'not-hello': {},
  confirmed: { id: 'id' },
}

const TYPES = Object.keys(FIELDS) as [RaceEvent['type'], ...RaceEvent['type'][]]

/**
 * Checks the fields of an event, not whether the event is possible in the machine's state.
 *
 * @throws ERR_INVALID_ARG with what was found, where, and what is allowed
 */
export const checkRaceEvent = (found: unknown, where: string): void => {
  const event: Readonly<Record<string, unknown>> = {
    ...checkObject(found, where, 'an event, or a list of events,'),
  }
  const type = checkOneOf(event.type, `${where}.type`, TYPES)
  for (const [name, kind] of Object.entries(FIELDS[type])) {
    const field = event[name]
    const at = `${where}.${name}`
    if (kind === 'id') checkWhole(field, at, 0)
    else if (kind === 'candidates') {
      if (!Array.isArray(field)) throw invalidArgument(at, field, 'a list of candidates')
      for (const [i, candidate] of field.entries()) checkCandidate(candidate, `${at}[${i}]`)
    } else if (typeof field !== kind) throw invalidArgument(at, field, `a ${kind}`)
  }
}
