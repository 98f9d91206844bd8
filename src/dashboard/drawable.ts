import type { ConnectionEntry, RaceEntry } from '../admin/api.ts'

// `log.redact` can mask any field by a text, also one that its type says to be a number, an object or a list. A page
// that draws such a field would fail, so here it becomes one that is not known.

/** The text of a masked field (docs/admin.md). */
const MASK = '[Redacted]'

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** The fields whose values are numbers, with NaN for a masked one. */
const withNumbers = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      names.includes(name) && value === MASK ? Number.NaN : value,
    ]),
  )

/** The lookups or attempts of a race. */
const stepsOf = (list: unknown): readonly Fields[] =>
  Array.isArray(list)
    ? (list as unknown[])
        .filter(isObject)
        .map(step => withNumbers(step, ['n', 'family', 'port', 'startMs', 'endMs', 'records']))
    : []

const winnerOf = (winner: unknown): Fields | null =>
  isObject(winner) ? withNumbers(winner, ['family', 'port', 'attempt']) : null

const errorOf = (error: unknown): unknown =>
  error === MASK ? { code: MASK, message: MASK } : error

/** The outcome of a race, as far as its other fields show it. */
const outcomeOf = ({ outcome, winner, error }: Fields): unknown => {
  if (outcome !== MASK) return outcome
  if (winner !== null) return 'won'
  return error === undefined ? 'aborted' : 'failed'
}

/** A race of which every field has its type: numbers that are masked are NaN. One without masked fields is itself. */
export const drawableRace = (race: RaceEntry): RaceEntry => {
  if (!JSON.stringify(race).includes(MASK)) return race
  const fields: Fields = race
  const drawable = {
    ...withNumbers(fields, ['durationMs', 'confirmedMs']),
    outcome: outcomeOf(fields),
    winner: winnerOf(fields['winner']),
    error: errorOf(fields['error']),
    dns: stepsOf(fields['dns']),
    attempts: stepsOf(fields['attempts']),
    hidden: fields['hidden'] === true,
  }
  return drawable as unknown as RaceEntry
}

const bytesOf = (bytes: unknown): number | null => (typeof bytes === 'number' ? bytes : null)

/** A connection of which every field has its type. */
export const drawableConnection = (connection: ConnectionEntry): ConnectionEntry => ({
  ...connection,
  bytesUp: bytesOf(connection.bytesUp),
  bytesDown: bytesOf(connection.bytesDown),
})
