import type {
  ConnectionsAnswer,
  HistoryAnswer,
  RaceEntry,
  RacesAnswer,
  StatusAnswer,
} from '../admin/api.ts'
import { fail } from '../core/fail.ts'
import type { AdminClient } from './admin-client.ts'

/** Whether a value has these fields: what answers may be another server. */
const has = (value: unknown, ...fields: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && fields.every(field => field in value)

const checked = <T>(
  client: AdminClient,
  path: string,
  value: unknown,
  fields: readonly string[],
): T => {
  if (has(value, ...fields)) return value as T
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

/** The answers of the endpoint that commands read. Each rejects as `AdminClient.get` does. */
export const askStatus = async (client: AdminClient): Promise<StatusAnswer> =>
  checked(client, '/status', await client.get('/status'), STATUS)

/** @param limit the most races; the daemon has as many as `admin.raceHistory` at most */
export const askRaces = async (
  client: AdminClient,
  limit: number,
): Promise<readonly RaceEntry[]> => {
  const path = `/races?limit=${limit}`
  return checked<RacesAnswer>(client, '/races', await client.get(path), ['races']).races
}

export const askConnections = async (
  client: AdminClient,
  limit: number,
): Promise<ConnectionsAnswer> => {
  const path = `/connections?limit=${limit}`
  return checked(client, '/connections', await client.get(path), ['connections', 'total'])
}

export const askHistory = async (client: AdminClient): Promise<HistoryAnswer> =>
  checked(client, '/history', await client.get('/history'), ['demoted'])

/** The race of an event of `/races/stream`; undefined for other events. */
export const raceOfEvent = (event: {
  readonly type: string
  readonly data: string
}): RaceEntry | undefined => {
  if (event.type !== 'message') return undefined
  try {
    const value: unknown = JSON.parse(event.data)
    return has(value, 'id', 'time', 'outcome', 'attempts', 'durationMs')
      ? (value as RaceEntry)
      : undefined
  } catch {
    return undefined
  }
}
