import type { JSX } from 'preact'
import type { StatusAnswer } from '../../admin/api.ts'
import { formatCount } from '../format.ts'
import type { DashboardState } from '../state.ts'
import { useShown } from './page-context.ts'

const listenersOf = ({ status }: DashboardState): StatusAnswer['listeners'] =>
  status?.listeners ?? []

/** Where the daemon listens. */
export const Listeners = (): JSX.Element => {
  const listeners = useShown(listenersOf)
  return (
    <section class="card" aria-labelledby="listeners-title">
      <h2 id="listeners-title">Listeners</h2>
      <table>
        <caption class="hidden-text">Listeners and their connections</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Address</th>
            <th scope="col" class="number">
              Open
            </th>
            <th scope="col" class="number">
              Accepted
            </th>
          </tr>
        </thead>
        <tbody>
          {listeners.map(({ name, protocol, addresses, active, accepted }) => (
            <tr key={name}>
              <td>
                <span class="name">{name}</span> <span class="note">{protocol}</span>
              </td>
              <td class="address">{addresses.join(', ') || 'not open'}</td>
              <td class="number">{formatCount(active)}</td>
              <td class="number">{formatCount(accepted)}</td>
            </tr>
          ))}
          {listeners.length === 0 && (
            <tr>
              <td class="empty" colSpan={4}>
                Not known yet.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  )
}
