import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { ConnectionEntry } from '../../admin/api.ts'
import type { ConnectionOrder } from '../connection-list.ts'
import { connectionPage } from '../connection-list.ts'
import { formatBytes, formatCount, formatSpan } from '../format.ts'
import type { DashboardState } from '../state.ts'
import { HostName } from './host-name.tsx'
import { useShown } from './page-context.ts'
import { Pager } from './pager.tsx'

const PAGE_SIZE = 15
const COLUMNS = 7

const whole = (state: DashboardState): DashboardState => state

const bytes = (count: number | null): string => (count === null ? '–' : formatBytes(count))

type RowProps = { readonly entry: ConnectionEntry; readonly now: number }

const Row = ({ entry, now }: RowProps): JSX.Element => {
  const age = formatSpan(now - entry.acceptedAt)
  return (
    <tr>
      <td class="target">
        <HostName text={entry.target ?? 'not yet known'} />
        <span class="note narrow">
          <span class="address">{entry.client}</span>, {age}
        </span>
      </td>
      <td class="address wide">{entry.address ?? '–'}</td>
      <td class="client wide">
        {entry.user !== null && <span class="user">{entry.user}</span>}
        <span class="address">{entry.client}</span>
      </td>
      <td class="word wide">
        {entry.state === 'relay' ? (entry.protocol ?? entry.listener) : entry.state}
      </td>
      <td class="number">{bytes(entry.bytesUp)}</td>
      <td class="number">{bytes(entry.bytesDown)}</td>
      <td class="number wide">{age}</td>
    </tr>
  )
}

/** The open connections, and what each has carried. */
export const Connections = (): JSX.Element => {
  const { connections, skewMs } = useShown(whole)
  const [order, setOrder] = useState<ConnectionOrder>('age')
  const [text, setText] = useState('')
  const [page, setPage] = useState(0)
  const entries = connections?.connections
  const list = useMemo(
    () => connectionPage(entries ?? [], order, text, page, PAGE_SIZE),
    [entries, order, text, page],
  )
  const now = Date.now() + skewMs
  const hasMore = connections !== null && connections.total > connections.connections.length
  return (
    <section class="card" aria-labelledby="connections-title">
      <div class="card-head">
        <h2 id="connections-title">Open connections</h2>
        <search class="filters" aria-label="Connections">
          <label>
            Target, client or user
            <input
              type="search"
              value={text}
              onInput={({ currentTarget: { value } }) => {
                setText(value)
                setPage(0)
              }}
            />
          </label>
          <label>
            Order
            <select
              value={order}
              onChange={({ currentTarget: { value } }) => setOrder(value as ConnectionOrder)}
            >
              <option value="age">Oldest first</option>
              <option value="down">Most to client</option>
              <option value="up">Most to target</option>
            </select>
          </label>
        </search>
      </div>
      <table>
        <caption class="hidden-text">Open connections</caption>
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col" class="wide">
              Address
            </th>
            <th scope="col" class="wide">
              Client
            </th>
            <th scope="col" class="wide">
              Protocol
            </th>
            <th scope="col" class="number">
              To target
            </th>
            <th scope="col" class="number">
              To client
            </th>
            <th scope="col" class="number wide">
              Open for
            </th>
          </tr>
        </thead>
        <tbody>
          {list.shown.map((entry, i) => (
            <Row key={i} entry={entry} now={now} />
          ))}
          {list.shown.length === 0 && (
            <tr>
              <td class="empty" colSpan={COLUMNS}>
                {connections === null
                  ? 'Not known yet.'
                  : text === ''
                    ? 'No connection is open.'
                    : 'No connection fits.'}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      <Pager
        noun="connections"
        matching={list.matching}
        page={list.page}
        pages={list.pages}
        pageSize={PAGE_SIZE}
        onPage={setPage}
      />
      {hasMore && (
        <p class="note">
          The daemon has sent the {formatCount(connections.connections.length)} oldest of{' '}
          {formatCount(connections.total)}.
        </p>
      )}
    </section>
  )
}
