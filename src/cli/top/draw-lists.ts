import type { ConnectionEntry, RaceEntry } from '../../admin/api.ts'
import { formatHostPort } from '../../core/host-port.ts'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatMs,
  formatSpan,
} from '../../dashboard/format.ts'
import { fit } from '../../log/display-width.ts'
import { printable } from '../../log/show-race.ts'
import type { Line, Part } from './lines.ts'
import type { TopState } from './top-state.ts'
import type { Pane, View } from './view.ts'

/** The result of a race, and its colour. */
const resultOf = ({ winner, outcome, error, hidden }: RaceEntry): Part => {
  if (winner)
    return [
      formatHostPort({ host: winner.address, port: winner.port }),
      hidden ? 'yellow' : 'green',
    ]
  return [error?.message ?? outcome, outcome === 'failed' ? 'red' : 'dim']
}

const MARK_COLUMNS = 6
const CLOCK_COLUMNS = 8
const MS_COLUMNS = 8

/** Cells with their widths; what is left of the line is shared by those without one. */
type Cell = { readonly part: Part; readonly width?: number; readonly side?: 'right' }

const row = (cells: readonly Cell[], columns: number): Line => {
  const fixed = cells.reduce((sum, { width }) => sum + (width ?? 0), 0)
  const free = cells.filter(({ width }) => width === undefined).length
  const left = columns - fixed - (cells.length - 1)
  return cells.map(
    ({ part: [text, colour], width = Math.max(1, Math.floor(left / free)), side }, i) => {
      const cell = fit(printable(text), width, side)
      return [i === 0 ? cell : ` ${cell}`, colour]
    },
  )
}

/** A masked duration is no number. */
const durationText = ({ durationMs }: RaceEntry): string =>
  Number.isNaN(durationMs) ? '-' : formatMs(durationMs)

/** Below these widths a line has no room for a second text, or for the time of the day. */
const TWO_TEXTS_COLUMNS = 40
const ALL_COLUMNS = 60

const raceLine = (race: RaceEntry, columns: number): Line =>
  row(
    [
      ...(columns < ALL_COLUMNS
        ? []
        : [{ part: [formatClock(race.time), 'dim'], width: CLOCK_COLUMNS } as const]),
      { part: [durationText(race)], width: MS_COLUMNS, side: 'right' },
      {
        part: [
          race.hidden ? 'hidden' : race.outcome === 'failed' ? 'failed' : '',
          race.hidden ? 'yellow' : 'red',
        ],
        width: MARK_COLUMNS,
      },
      { part: [race.target ?? '-'] },
      ...(columns < TWO_TEXTS_COLUMNS ? [] : [{ part: resultOf(race) }]),
    ],
    columns,
  )

const BYTES_COLUMNS = 9

const bytesCell = (bytes: number | null): Cell => ({
  part: [bytes === null ? '-' : formatBytes(bytes)],
  width: BYTES_COLUMNS,
  side: 'right',
})

const connectionLine = (entry: ConnectionEntry, now: number, columns: number): Line => {
  const { acceptedAt, state, target, address, client, bytesUp, bytesDown } = entry
  const second: Part = [address ?? client, address === null ? 'dim' : undefined]
  return row(
    [
      { part: [formatSpan(now - acceptedAt)], width: 10, side: 'right' },
      ...(columns < ALL_COLUMNS ? [] : [{ part: [state, 'dim'], width: 9 } as const]),
      { part: [target ?? '-'] },
      ...(columns < ALL_COLUMNS ? [] : [{ part: second }]),
      ...(columns < TWO_TEXTS_COLUMNS ? [] : [bytesCell(bytesUp), bytesCell(bytesDown)]),
    ],
    columns,
  )
}

const hasText = (
  filter: string,
  ...texts: readonly (string | null | undefined | false)[]
): boolean =>
  texts.some(text => typeof text === 'string' && text.toLowerCase().includes(filter.toLowerCase()))

const fitsRace = (race: RaceEntry, filter: string): boolean =>
  filter === '' ||
  hasText(
    filter,
    race.target,
    race.client,
    race.user,
    race.listener,
    race.winner?.address,
    race.outcome,
    race.hidden && 'hidden',
  )

const fitsConnection = (entry: ConnectionEntry, filter: string): boolean =>
  filter === '' ||
  hasText(
    filter,
    entry.target,
    entry.client,
    entry.user,
    entry.listener,
    entry.address,
    entry.state,
  )

/** One list, with all of its lines. */
export type List = { readonly title: string; readonly lines: readonly Line[] }

/** The view, scrolled no further than to the last line of its list. */
export const withinList = (state: TopState, view: View): View => {
  const { lines } = listsOf(state, view, 0)[view.pane]
  return { ...view, offset: Math.min(view.offset, Math.max(0, lines.length - 1)) }
}

/** The lists, with what the filter leaves of them. */
export const listsOf = (
  state: TopState,
  { filter }: View,
  columns: number,
): Readonly<Record<Pane, List>> => {
  const now = state.status?.now ?? 0
  const races = state.races.filter(race => fitsRace(race, filter))
  const slowest = state.slowest.filter(race => fitsRace(race, filter))
  const connections = state.connections.filter(entry => fitsConnection(entry, filter))
  return {
    races: { title: 'last races', lines: races.map(race => raceLine(race, columns)) },
    slowest: { title: 'slowest', lines: slowest.map(race => raceLine(race, columns)) },
    connections: {
      title: `open connections (${formatCount(state.total)})`,
      lines: connections.map(entry => connectionLine(entry, now, columns)),
    },
  }
}
