import type { Clock } from '../core/clock.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { RecordMask } from '../log/record-mask.ts'
import type { ConnectionEntry } from './api.ts'
import type { DaemonView, Demoted, ShownConnection } from './daemon-view.ts'
import { writeList } from './json-list.ts'
import { numberIn } from './query.ts'
import type { AdminAnswer, AdminRequest, AdminRoutes } from './routes.ts'

/** Maximum number of connections in one answer. */
const CONNECTIONS_MAX = 1000

/** @param winner masked: each of the three may be a text */
const addressOf = (winner: ShownConnection['winner'] | string): string | null =>
  winner === null || typeof winner === 'string'
    ? winner
    : formatHostPort({ host: winner.address, port: winner.port })

/** An address that the log masks as that of an attempt is masked here. */
const entryOf = (shown: ShownConnection, mask: RecordMask): ConnectionEntry => {
  const { acceptedAt, state, ...fields } = shown
  const attempts = [{ address: fields.winner?.address ?? '' }]
  const { winner, bytesUp, bytesDown, attempts: _, ...facts } = mask({ ...fields, attempts })
  return { ...facts, address: addressOf(winner), acceptedAt, state, bytesUp, bytesDown }
}

/** An address that the log masks as that of a winner, or of an attempt, is masked here. */
const maskDemoted = (demoted: Demoted, mask: RecordMask): Demoted => {
  const { prefix: address } = demoted
  const { prefix } = mask({ winner: { address }, attempts: [{ address }], prefix: address })
  return { ...demoted, prefix }
}

const masked = function* <Item, Entry>(
  items: readonly Item[],
  entry: (item: Item, mask: RecordMask) => Entry,
  mask: () => RecordMask,
): Generator<Entry> {
  for (const item of items) yield entry(item, mask())
}

/** The routes of open connections and of history. */
export const createConnectionRoutes = (
  clock: Pick<Clock, 'now'>,
  view: Pick<DaemonView, 'connections' | 'history'>,
  /** The mask in force. */
  mask: () => RecordMask,
): AdminRoutes => {
  const answerOf = (head: string, entries: Iterable<unknown>): AdminAnswer => ({
    status: 200,
    type: 'application/json',
    pieces: writeList(clock, head, entries),
  })
  const connections = async ({ query }: AdminRequest): Promise<AdminAnswer> => {
    const bounds = { min: 1, max: CONNECTIONS_MAX, absent: CONNECTIONS_MAX }
    const shown = await view.connections(numberIn(query, 'limit', bounds))
    const head = `{"total":${shown.total},"connections":[`
    return answerOf(head, masked(shown.connections, entryOf, mask))
  }
  const history = async (): Promise<AdminAnswer> =>
    answerOf('{"demoted":[', masked(await view.history(), maskDemoted, mask))
  return new Map([
    ['/connections', { isPublic: false, answer: connections }],
    ['/history', { isPublic: false, answer: history }],
  ])
}
