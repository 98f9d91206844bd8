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
import type { Shape } from './answer-shape.ts'
import { misfitIn } from './answer-shape.ts'

const NOT_FOUND = 404

type Facts = { readonly status?: number }

/** What commands read of the answers. `readable` takes away what is masked. */
const RACE: Shape = {
  fields: {
    id: 'number',
    time: 'moment',
    target: 'text?',
    client: 'text',
    user: 'text?',
    listener: 'text',
    outcome: 'text',
    durationMs: 'any',
    winner: { fields: { address: 'text' }, optional: true, masked: true },
    attempts: { list: { fields: { address: 'text', code: 'text?' }, masked: true }, masked: true },
    error: { fields: { code: 'text', message: 'text' }, optional: true, masked: true },
  },
}

const RACES: Shape = { fields: { races: { list: RACE } } }

const STATUS: Shape = {
  fields: {
    version: 'text',
    now: 'moment',
    startedAt: 'moment',
    state: 'text',
    processes: 'number',
    engine: 'text',
    listeners: { list: { fields: { name: 'text' } } },
    connections: {
      fields: { active: 'number', limit: 'number', accepted: 'number', rejected: 'number' },
    },
    races: {
      fields: {
        won: { fields: { 4: 'number', 6: 'number' } },
        failed: 'number',
        aborted: 'number',
        hidden: 'number',
      },
    },
    bytes: { fields: { up: 'number', down: 'number' } },
    dnsWaiting: 'number',
    logDropped: 'number',
    lastReload: { fields: { error: 'text?' }, optional: true },
  },
}

const CONNECTIONS: Shape = {
  fields: {
    total: 'number',
    connections: {
      list: {
        fields: {
          acceptedAt: 'moment',
          state: 'text',
          listener: 'text',
          client: 'text',
          user: 'text?',
          target: 'text?',
          address: 'text?',
          bytesUp: 'any',
          bytesDown: 'any',
        },
      },
    },
  },
}

const HISTORY: Shape = {
  fields: { demoted: { list: { fields: { prefix: 'text', until: 'moment' } } } },
}

/** Asks for a path, and checks the form of the answer. @throws ERR_ADMIN if it is not that of a daemon */
const ask = async (client: AdminClient, path: string, shape: Shape): Promise<unknown> => {
  const value = await client.get(path)
  const misfit = misfitIn(value, shape)
  if (misfit === null) return value
  const name = path.replace(/\?.*/, '')
  const found = misfit === '' ? 'is another value' : `has no such ${misfit}`
  const text = `${client.where()} is not an endpoint of eyeballd, or of another version: ${name} ${found}`
  throw fail('ERR_ADMIN', text)
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
  const { races } = (await ask(client, `/races?limit=${limit}`, RACES)) as RacesAnswer
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
  const answer = ask(client, `/connections?limit=${limit}`, CONNECTIONS)
  const { total, connections } = (await orNone(answer, {
    connections: [],
    total: 0,
  })) as ConnectionsAnswer
  return { total, connections: connections.map(readableConnection) }
}

/** None of a daemon without this path. */
export const askHistory = async (client: AdminClient): Promise<HistoryAnswer> =>
  (await orNone(ask(client, '/history', HISTORY), { demoted: [] })) as HistoryAnswer

/** The race of an event of `/races/stream`; undefined for other events. */
export const raceOfEvent = (event: {
  readonly type: string
  readonly data: string
}): RaceEntry | undefined => {
  if (event.type !== 'message') return undefined
  try {
    const value: unknown = JSON.parse(event.data)
    return misfitIn(value, RACE) === null ? readable(value as RaceEntry) : undefined
  } catch {
    return undefined
  }
}
