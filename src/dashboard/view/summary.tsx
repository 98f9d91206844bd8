import type { ComponentChildren, JSX } from 'preact'
import type { StatusAnswer } from '../../admin/api.ts'
import { formatBytes, formatCount, formatNoun, formatShare } from '../format.ts'
import type { DashboardState } from '../state.ts'
import { useShown } from './page-context.ts'

type TileProps = {
  readonly name: string
  readonly value: string
  readonly tone?: 'warn' | 'bad' | undefined
  readonly children: ComponentChildren
}

const Tile = ({ name, value, tone, children }: TileProps): JSX.Element => (
  <div class={`tile${tone === undefined ? '' : ` tile-${tone}`}`}>
    <dt>{name}</dt>
    <dd>
      <span class="value">{value}</span>
      <span class="note">{children}</span>
    </dd>
  </div>
)

/** The shares of both families as a bar. */
const Families = ({ won }: { readonly won: StatusAnswer['races']['won'] }): JSX.Element => {
  const all = won[4] + won[6]
  return (
    <>
      <span class="split" aria-hidden="true">
        <span class="split-v6" style={{ width: all === 0 ? '0' : `${(won[6] / all) * 100}%` }} />
        <span class="split-v4" style={{ width: all === 0 ? '0' : `${(won[4] / all) * 100}%` }} />
      </span>
      {all === 0
        ? 'none yet'
        : `IPv6 ${formatShare(won[6], all)}, IPv4 ${formatShare(won[4], all)}`}
    </>
  )
}

const statusOf = ({ status }: DashboardState): StatusAnswer | null => status

/** The daemon's counts since its start. */
export const Summary = (): JSX.Element | null => {
  const status = useShown(statusOf)
  if (!status) return null
  const { connections, races, bytes, dnsWaiting, logDropped, lastReload } = status
  const won = races.won[4] + races.won[6]
  return (
    <section aria-labelledby="summary-title">
      <h2 id="summary-title" class="hidden-text">
        Since the start
      </h2>
      <dl class="tiles">
        <Tile
          name="Open connections"
          value={formatCount(connections.active)}
          tone={connections.active >= connections.limit * 0.9 ? 'warn' : undefined}
        >
          of {formatCount(connections.limit)} at most
        </Tile>
        <Tile name="Races won" value={formatCount(won)}>
          <Families won={races.won} />
        </Tile>
        <Tile
          name="Hidden failures"
          value={formatCount(races.hidden)}
          tone={races.hidden > 0 ? 'warn' : undefined}
        >
          {won === 0 ? 'no race won yet' : `${formatShare(races.hidden, won)} of the races won`}
        </Tile>
        <Tile
          name="Races failed"
          value={formatCount(races.failed)}
          tone={races.failed > 0 ? 'bad' : undefined}
        >
          {formatCount(races.aborted)} aborted, {formatCount(connections.rejected)} rejected
        </Tile>
        <Tile name="Bytes to clients" value={formatBytes(bytes.down)}>
          {formatBytes(bytes.up)} to targets
        </Tile>
        <Tile
          name="Lookups that wait"
          value={formatCount(dnsWaiting)}
          tone={dnsWaiting > 0 ? 'warn' : undefined}
        >
          {logDropped === 0
            ? 'no log line dropped'
            : `${formatNoun(logDropped, 'log line')} dropped`}
        </Tile>
      </dl>
      {lastReload && lastReload.error !== null && (
        <p class="alert">The last reload failed: {lastReload.error}</p>
      )}
    </section>
  )
}
