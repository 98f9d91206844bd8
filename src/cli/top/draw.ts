import { printable } from '../../log/show-race.ts'
import { headLines } from './draw-head.ts'
import type { List } from './draw-lists.ts'
import { listsOf } from './draw-lists.ts'
import type { Line } from './lines.ts'
import { lineText } from './lines.ts'
import type { TopState } from './top-state.ts'
import type { Pane, View } from './view.ts'
import { PANES } from './view.ts'

export type ScreenSize = { readonly columns: number; readonly rows: number }

const BLANK: Line = []

/** Below this, a screen shows what fits. */
const ROWS_MIN = 3

/** How the lines are shared: the chosen list gets at least half of them. */
const shareLines = (
  lists: Readonly<Record<Pane, List>>,
  pane: Pane,
  rows: number,
): ReadonlyMap<Pane, number> => {
  const others = PANES.filter(each => each !== pane)
  const each = Math.max(0, Math.floor(rows / 4))
  const shares = new Map<Pane, number>()
  let left = rows
  for (const other of others) {
    // A title and a line, or nothing.
    const share = Math.min(each, lists[other].lines.length + 1)
    if (share < 2) continue
    shares.set(other, share)
    left -= share
  }
  shares.set(pane, left)
  return shares
}

const paneLines = (
  { title, lines }: List,
  rows: number,
  offset: number,
  isChosen: boolean,
): readonly Line[] => {
  const from = Math.min(offset, Math.max(0, lines.length - 1))
  const more = from > 0 ? `, from ${from + 1}` : ''
  const heading: Line = [isChosen ? [`> ${title}${more}`, 'bold'] : [`  ${title}`, 'dim']]
  return [heading, ...lines.slice(from, from + rows - 1)].slice(0, Math.max(0, rows))
}

const footLine = ({ filter, isTyping, isPaused }: View): Line => {
  if (isTyping)
    return [
      ['filter: ', 'bold'],
      [`${printable(filter)}_`],
      ['  Enter keeps it, Esc clears it', 'dim'],
    ]
  const shown = filter === '' ? '' : `  filter: ${printable(filter)} (Esc clears)`
  return [
    [`q quit  p ${isPaused ? 'go on' : 'pause'}  f filter  arrows list and scroll${shown}`, 'dim'],
  ]
}

/** The lines of one screen: never more than its rows, none wider than its columns. */
export const drawScreen = (
  state: TopState,
  view: View,
  { columns, rows }: ScreenSize,
  color: boolean,
): readonly string[] => {
  const head = headLines(state, view)
  const left = Math.max(0, rows - head.length - 1)
  const lists = listsOf(state, view, columns)
  const shares = shareLines(lists, view.pane, left)
  const body = PANES.flatMap(pane => {
    const isChosen = pane === view.pane
    return paneLines(lists[pane], shares.get(pane) ?? 0, isChosen ? view.offset : 0, isChosen)
  })
  const filled = [...body, ...Array.from({ length: Math.max(0, left - body.length) }, () => BLANK)]
  const lines = rows < ROWS_MIN ? head : [...head, ...filled, footLine(view)]
  return lines.slice(0, rows).map(line => lineText(line, columns, color))
}

/** One plain snapshot, for an output that is no terminal: as many lines as there are. */
export const drawSnapshot = (state: TopState, view: View, columns: number): string => {
  const head = headLines(state, view)
  const lists = listsOf(state, view, columns)
  const body = PANES.flatMap((pane): readonly Line[] => {
    const { title, lines: all } = lists[pane]
    const heading: Line = [[title]]
    return all.length === 0 ? [] : [BLANK, heading].concat(all)
  })
  const lines = [...head, ...body]
  return lines.map(line => `${lineText(line, columns, false).trimEnd()}\n`).join('')
}
