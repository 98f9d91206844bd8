import type { JSX } from 'preact'
import { formatClock, formatCount, formatSpan } from '../format.ts'
import type { DashboardState } from '../state.ts'
import { useShown } from './page-context.ts'

const ROWS_MAX = 100

const whole = (state: DashboardState): DashboardState => state

/** The addresses and networks that history has demoted, and until when. */
export const History = (): JSX.Element => {
  const { demoted, skewMs } = useShown(whole)
  const now = Date.now() + skewMs
  const rows = (demoted ?? []).slice(0, ROWS_MAX)
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">Demoted by history</h2>
      <table>
        <caption class="hidden-text">
          Addresses and networks that races try later than others
        </caption>
        <thead>
          <tr>
            <th scope="col">Address or network</th>
            <th scope="col">Why</th>
            <th scope="col" class="number">
              Until
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ prefix, evidenceAt, until, unresponsive, passedOver }) => (
            <tr key={prefix}>
              <td class="address">{prefix}</td>
              <td>
                {unresponsive ? 'sent no byte' : 'did not answer'} {formatSpan(now - evidenceAt)}{' '}
                ago
                <span class="note wide">
                  {' '}
                  passed over {formatCount(passedOver)} {passedOver === 1 ? 'time' : 'times'}
                </span>
              </td>
              <td class="number">
                <time dateTime={new Date(until).toISOString()}>{formatClock(until - skewMs)}</time>
                <span class="note"> in {formatSpan(until - now)}</span>
              </td>
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td class="empty" colSpan={3}>
                {demoted === null
                  ? 'Not known yet.'
                  : 'Nothing is demoted: every address that was tried has answered.'}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {demoted !== null && demoted.length > ROWS_MAX && (
        <p class="note">{formatCount(demoted.length - ROWS_MAX)} more are not shown.</p>
      )}
    </section>
  )
}
