import type {
  ConnectionEntry,
  ConnectionsAnswer,
  HistoryAnswer,
  RaceEntry,
  RacesAnswer,
  StatusAnswer,
} from '../admin/api.ts'
import type { Failure } from '../core/fail.ts'
import { codeOf, fail } from '../core/fail.ts'
import type { AdminClient } from './admin-client.ts'

const NOT_FOUND = 404

type Facts = { readonly status?: number }

/** Whether a value has these fields: what answers may be another server. */
const has = (value: unknown, ...fields: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && fields.every(field => field in value)

/** @throws ERR_ADMIN if a value is not the answer of a daemon */
const check = (
  client: AdminClient,
  path: string,
  value: unknown,
  fields: readonly string[],
): void => {
  if (has(value, ...fields)) return
  const text = `${client.where()} is not an endpoint of eyeballd, or of another version: ${path} has no ${fields.join(', ')}`
  throw fail('ERR_ADMIN', text)
}

const STATUS = [
  'version',
  'now',
  'startedAt',
  'state',
  'listeners',
  'connections',
  'races',
  'bytes',
]

/** Asks for a path, and checks that the answer has these fields. */
const ask = async (
  client: AdminClient,
  path: string,
  fields: readonly string[],
): Promise<unknown> => {
  const value = await client.get(path)
  check(client, path.replace(/\?.*/, ''), value, fields)
  return value
}

/** The answers of the endpoint that commands read. Each rejects as `AdminClient.get` does. */
export const askStatus = async (client: AdminClient): Promise<StatusAnswer> =>
  (await ask(client, '/status', STATUS)) as StatusAnswer

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** What `log.redact` masks is a text in place of a number, a list or an object: the fields that are none stay. */
const readable = (race: RaceEntry): RaceEntry => {
  const { durationMs, hidden, winner, attempts, error, ...rest } = race
  return {
    ...rest,
    durationMs: typeof durationMs === 'number' ? durationMs : Number.NaN,
    hidden: typeof hidden === 'boolean' && hidden,
    winner: isObject(winner) ? winner : null,
    attempts: Array.isArray(attempts) ? attempts.filter(isObject) : [],
    ...(isObject(error) && { error }),
  }
}

const countOr = (value: number | null): number | null => (typeof value === 'number' ? value : null)

const readableConnection = (entry: ConnectionEntry): ConnectionEntry => ({
  ...entry,
  bytesUp: countOr(entry.bytesUp),
  bytesDown: countOr(entry.bytesDown),
})

/** @param limit the most races; the daemon has as many as `admin.raceHistory` at most */
export const askRaces = async (
  client: AdminClient,
  limit: number,
): Promise<readonly RaceEntry[]> => {
  const { races } = (await ask(client, `/races?limit=${limit}`, ['races'])) as RacesAnswer
  return races.map(readable)
}

/** What a daemon that has no such path answers with: `otherwise`. */
const orNone = async (answer: Promise<unknown>, otherwise: object): Promise<unknown> => {
  try {
    return await answer
  } catch (error) {
    if (codeOf(error) === 'ERR_ADMIN' && (error as Failure<Facts>).status === NOT_FOUND)
      return otherwise
    throw error
  }
}

/** None of a daemon without this path. */
export const askConnections = async (
  client: AdminClient,
  limit: number,
): Promise<ConnectionsAnswer> => {
  const answer = ask(client, `/connections?limit=${limit}`, ['connections', 'total'])
  const { total, connections } = (await orNone(answer, {
    connections: [],
    total: 0,
  })) as ConnectionsAnswer
  return { total, connections: connections.map(readableConnection) }
}

/** None of a daemon without this path. */
export const askHistory = async (client: AdminClient): Promise<HistoryAnswer> =>
  (await orNone(ask(client, '/history', ['demoted']), { demoted: [] })) as HistoryAnswer

/** The race of an event of `/races/stream`; undefined for other events. */
export const raceOfEvent = (event: {
  readonly type: string
  readonly data: string
}): RaceEntry | undefined => {
  if (event.type !== 'message') return undefined
  try {
    const value: unknown = JSON.parse(event.data)
    return has(value, 'id', 'time', 'outcome', 'attempts', 'durationMs')
      ? readable(value as RaceEntry)
      : undefined
  } catch {
    return undefined
  }
}
