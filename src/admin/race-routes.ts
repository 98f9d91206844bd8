import type { Clock } from '../core/clock.ts'
import type { RecordMask } from '../log/record-mask.ts'
import type { RaceEntry } from './api.ts'
import { writeList } from './json-list.ts'
import { raceEntry } from './kept-race.ts'
import { numberIn, partIn, wordIn } from './query.ts'
import type { RaceFeed } from './race-feed.ts'
import { streamRaces } from './race-stream.ts'
import type { AdminAnswer, AdminRequest, AdminRoutes } from './routes.ts'

export type RaceRoutesParts = {
  readonly clock: Clock
  readonly feed: RaceFeed
  /** The mask in force. */
  readonly mask: () => RecordMask
}

const OUTCOMES = ['won', 'failed', 'aborted', 'hidden'] as const

/** A masked field is a text. */
const isTrue = (field: unknown): boolean => field === true

type Filter = (entry: RaceEntry) => boolean

/**
 * Reads the filter of a query. It applies to masked entries, so that it finds nothing that is hidden.
 *
 * @throws ERR_INVALID_ARG
 */
const filterOf = (query: URLSearchParams): Filter => {
  const outcome = wordIn(query, 'outcome', OUTCOMES)
  const target = partIn(query, 'target')
  const client = partIn(query, 'client')
  return entry =>
    (outcome === null ||
      (outcome === 'hidden' ? isTrue(entry.hidden) : entry.outcome === outcome)) &&
    (target === null || (entry.target?.toLowerCase().includes(target) ?? false)) &&
    (client === null || entry.client.toLowerCase().includes(client))
}

/** The entries, newest first; undefined for one that does not match. */
const newestFirst = function* (
  { feed: { ring }, mask }: RaceRoutesParts,
  matches: Filter,
  limit: number,
): Generator<RaceEntry | undefined> {
  let left = limit
  for (let id = ring.lastId(); id >= ring.firstId() && left > 0; id--) {
    const numbered = ring.get(id)
    if (!numbered) continue
    const entry = raceEntry(numbered, mask())
    const isWanted = matches(entry)
    if (isWanted) left--
    yield isWanted ? entry : undefined
  }
}

/** The routes of finished races. */
export const createRaceRoutes = (parts: RaceRoutesParts): AdminRoutes => {
  const { feed, mask, clock } = parts

  const races = async ({ query }: AdminRequest): Promise<AdminAnswer> => {
    const max = Math.max(1, feed.ring.max())
    const limit = numberIn(query, 'limit', { min: 1, max: 10_000, absent: max })
    const matches = filterOf(query)
    await feed.refresh()
    const entries = newestFirst(parts, matches, limit)
    const pieces = writeList(clock, '{"races":[', entries)
    return { status: 200, type: 'application/json', pieces }
  }

  const stream = ({ headers, signal }: AdminRequest): AdminAnswer => {
    const given = String(headers['last-event-id'])
    const newest = feed.ring.lastId()
    const last = /^\d{1,15}$/.test(given) ? Number(given) : newest
    // A reader that knows a higher number has it of an earlier run, and has none of this one.
    const after = last > newest ? 0 : last
    return {
      status: 200,
      type: 'text/event-stream',
      pieces: streamRaces({ clock, feed, mask, signal, after }),
    }
  }

  return new Map([
    ['/races', { isPublic: false, answer: races }],
    ['/races/stream', { isPublic: false, isStream: true, answer: stream }],
  ])
}
