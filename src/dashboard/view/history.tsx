import type { JSX } from 'preact'
import { formatCount, formatMoment, formatSpan } from '../format.ts'
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
          {rows.map(({ prefix, evidenceAt, until, unresponsive, passedOver, path }, i) => (
            <tr key={i}>
              <td>
                <span class="address prefix">{prefix}</span>
                {path !== undefined && <span class="note"> by {path}</span>}
              </td>
              <td>
                {unresponsive ? 'sent no byte' : 'did not answer'} {formatSpan(now - evidenceAt)}{' '}
                ago
                {passedOver > 0 && (
                  <span class="note wide">
                    {' '}
                    passed over {passedOver === 1 ? 'once' : `${formatCount(passedOver)} times`}
                  </span>
                )}
              </td>
              <td class="number until">
                <time dateTime={new Date(until).toISOString()}>{formatMoment(until, now)}</time>
                <span class="note"> in {formatSpan(until - now)}</span>
              </td>
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td class="empty" colSpan={3}>
                {demoted === null ? 'Not known yet.' : 'No address is demoted.'}
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
