import { formatHostPort } from '../core/host-port.ts'
import type { RecordMask } from '../log/record-mask.ts'
import type { ConnectionEntry, HistoryAnswer } from './api.ts'
import type { DaemonView, Demoted, ShownConnection, ShownConnections } from './daemon-view.ts'
import { numberIn } from './query.ts'
import type { AdminAnswer, AdminRequest, AdminRoutes } from './routes.ts'
import { jsonAnswer } from './routes.ts'

/** Maximum number of connections in one answer. */
const CONNECTIONS_MAX = 1000

/** How many entries are masked in one turn of the event loop; masking one takes a millisecond. */
const BATCH = 10

/** @param winner masked: each of the three may be a text */
const addressOf = (winner: ShownConnection['winner'] | string): string | null =>
  winner === null || typeof winner === 'string'
    ? winner
    : formatHostPort({ host: winner.address, port: winner.port })

const entryOf = (shown: ShownConnection, mask: RecordMask): ConnectionEntry => {
  const { acceptedAt, state, ...fields } = shown
  const { winner, bytesUp, bytesDown, ...facts } = mask(fields)
  return { ...facts, address: addressOf(winner), acceptedAt, state, bytesUp, bytesDown }
}

const list = async function* (
  { total, connections }: ShownConnections,
  mask: RecordMask,
): AsyncGenerator<string> {
  let text = `{"total":${total},"connections":[`
  for (const [i, connection] of connections.entries()) {
    text += `${i === 0 ? '' : ','}${JSON.stringify(entryOf(connection, mask))}`
    if (i % BATCH !== BATCH - 1) continue
    yield text
    text = ''
    await new Promise(resolve => setImmediate(resolve))
  }
  yield `${text}]}\n`
}

/** An address that is masked as that of a winner, or of an attempt, is masked here. */
const maskDemoted = (demoted: Demoted, mask: RecordMask): Demoted => {
  const { prefix: address } = demoted
  const { prefix } = mask({ winner: { address }, attempts: [{ address }], prefix: address })
  return { ...demoted, prefix }
}

/** The routes of open connections and of history. */
export const createConnectionRoutes = (
  view: Pick<DaemonView, 'connections' | 'history'>,
  /** The mask in force. */
  mask: () => RecordMask,
): AdminRoutes => {
  const connections = async ({ query }: AdminRequest): Promise<AdminAnswer> => {
    const bounds = { min: 1, max: CONNECTIONS_MAX, absent: CONNECTIONS_MAX }
    const shown = await view.connections(numberIn(query, 'limit', bounds))
    return { status: 200, type: 'application/json', pieces: list(shown, mask()) }
  }
  const history = async (): Promise<AdminAnswer> => {
    const all = await view.history()
    const inForce = mask()
    const answer: HistoryAnswer = { demoted: all.map(each => maskDemoted(each, inForce)) }
    return jsonAnswer(answer)
  }
  return new Map([
    ['/connections', { isPublic: false, answer: connections }],
    ['/history', { isPublic: false, answer: history }],
  ])
}
