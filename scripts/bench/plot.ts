import { formatValue } from './format-table.ts'
import type { Measure } from './measures.ts'
import { median, summarise } from './summarise.ts'
import type { Row } from './summarise.ts'
import type { Contender, Results } from './types.ts'

/** What is drawn, in this order, two beside each other. */
const PANELS = ['down1', 'cpu', 'ping', 'busy99', 'socks', 'forward', 'base', 'idle']

const PANEL_WIDTH = 460
const MARGIN = 20
const LABEL_WIDTH = 160
/** The longest bar; its value stands behind it. */
const BAR_WIDTH = 210
const BAR_HEIGHT = 13
const LINE_HEIGHT = 19
/** A bar that would be longer than so many times the median of all is broken off: the others could not be seen. */
const LONGEST_TIMES = 4
/** Where it is broken. */
const GAP = 5
const HEAD_HEIGHT = 30
const FOOT_HEIGHT = 18

/** Readable on white and on black: by the reader's choice where it is known, on a ground of its own in any case. */
const STYLE = `
  .ground { fill: #ffffff } .text { fill: #1f2328 } .soft { fill: #59636e }
  .splice { fill: #0969da } .stream { fill: #80b6f0 } .peer { fill: #afb8c1 } .direct { fill: #d9dee3 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .splice { fill: #4493f8 } .stream { fill: #27518c } .peer { fill: #57606a } .direct { fill: #30363d }
  }
  text { font: 12px system-ui, sans-serif } .title { font-weight: 600; font-size: 13px }
`

type Shown = Pick<Contender, 'name' | 'kind' | 'engine'>

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const hint = ({ unit, better }: Measure): string =>
  `${unit}, ${better === 'less' ? 'less' : 'more'} is better`

const text = (x: number, y: number, style: string, words: string, end = false): string =>
  `<text x="${x}" y="${y}" class="${style}"${end ? ' text-anchor="end"' : ''}>${escape(words)}</text>`

const rect = (x: number, y: number, width: number, style: string): string =>
  `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" class="${style}"/>`

type Panel = { readonly height: number; readonly draw: (x: number, y: number) => string[] }

const panelOf = ({ measure, cells }: Row, contenders: readonly Shown[]): Panel => {
  const bars = contenders.flatMap(contender => {
    const value = cells.get(contender.name)?.median
    return value === undefined ? [] : [{ contender, value }]
  })
  const values = bars.map(({ value }) => value)
  const tooLong = measure.better === 'less' ? LONGEST_TIMES * (median(values) ?? 0) : Infinity
  const longest = Math.min(tooLong, Math.max(...values))
  const draw = (x: number, y: number): string[] => [
    text(x, y + 14, 'title text', measure.title ?? measure.label),
    text(x + PANEL_WIDTH - MARGIN, y + 14, 'soft', hint(measure), true),
    ...bars.flatMap(({ contender, value }, index) => {
      const top = y + HEAD_HEIGHT + index * LINE_HEIGHT
      const width = Math.max(1, Math.min(1, value / longest) * BAR_WIDTH)
      const style = contender.kind === 'eyeballd' ? (contender.engine ?? 'splice') : contender.kind
      const left = x + LABEL_WIDTH
      const base = top + BAR_HEIGHT - 2
      return [
        text(left - 8, base, contender.kind === 'eyeballd' ? 'text' : 'soft', contender.name, true),
        rect(left, top, width, style),
        ...(value > longest ? [rect(left + width - 5 * GAP, top, GAP, 'ground')] : []),
        text(left + Math.round(width) + 6, base, 'text', formatValue(value, measure)),
      ]
    }),
  ]
  return { height: HEAD_HEIGHT + bars.length * LINE_HEIGHT + FOOT_HEIGHT, draw }
}

/** The medians of a run as a picture (SVG): a bar for each contender, a panel for each measure. */
export const plot = (results: Results): string => {
  const rows = summarise(results)
  const panels = PANELS.flatMap(name => {
    const row = rows.find(({ measure }) => measure.name === name)
    const hasValue = row && [...row.cells.values()].some(cell => cell.median !== undefined)
    return hasValue ? [panelOf(row, results.contenders)] : []
  })
  const parts: string[] = []
  let y = MARGIN
  for (let index = 0; index < panels.length; index += 2) {
    const pair = panels.slice(index, index + 2)
    for (const [column, panel] of pair.entries()) {
      parts.push(...panel.draw(MARGIN + column * PANEL_WIDTH, y))
    }
    y += Math.max(...pair.map(({ height }) => height))
  }
  const width = 2 * PANEL_WIDTH + MARGIN
  const size = `width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="eyeballd beside other proxies">`,
    `<style>${STYLE}</style>`,
    `<rect width="${width}" height="${y}" class="ground"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}
