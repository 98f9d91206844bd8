import { markdownTable } from './markdown-table.ts'
import type { Measure } from './measures.ts'
import { againstDirect, againstPeers } from './ratios.ts'
import { summarise } from './summarise.ts'
import type { Cell, Row } from './summarise.ts'
import type { Results } from './types.ts'

/** A value as it is shown, without its unit. */
export const formatValue = (value: number, { digits }: Pick<Measure, 'digits'>): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** A cell: the median, and how many rounds failed. */
export const formatCell = (cell: Cell | undefined, measure: Pick<Measure, 'digits'>): string => {
  if (cell === undefined) return ''
  const { median, failed } = cell
  if (median === undefined) return 'failed'
  return `${formatValue(median, measure)}${failed > 0 ? ` (${failed} failed)` : ''}`
}

const formatRatio = (ratio: number | undefined): string => ratio?.toFixed(2) ?? ''

/** Of eyeballd, the splice engine is what is held against others; the stream engine where it is alone. */
const champions = ({ contenders }: Results): readonly string[] => {
  const ours = contenders.filter(({ kind }) => kind === 'eyeballd')
  const splice = ours.filter(({ engine }) => engine === 'splice')
  return (splice.length > 0 ? splice : ours).map(({ name }) => name)
}

const ratios = (
  names: readonly string[],
  ratioOf: (name: string) => number | undefined,
): string => {
  const found = names.map(name => formatRatio(ratioOf(name)))
  return found.some(Boolean) ? found.join(' / ') : ''
}

const label = ({ label: text, unit }: Measure): string => (unit === '' ? text : `${text}, ${unit}`)

/** The first eyeballd of each engine, and all others. */
const shownInShort = ({ contenders }: Results): Results['contenders'] => {
  const engines = new Set<string | undefined>()
  return contenders.filter(({ kind, engine }) => {
    if (kind !== 'eyeballd') return true
    if (engines.has(engine)) return false
    engines.add(engine)
    return true
  })
}

/**
 * A part of the table: eyeballd on one Node only, and no ratios.
 *
 * @param measures the names of its rows
 */
export const formatShortTable = (results: Results, measures: readonly string[]): string => {
  const contenders = shownInShort(results)
  const rows = summarise(results).filter(({ measure }) => measures.includes(measure.name))
  return markdownTable([
    ['median', ...contenders.map(({ name }) => name)],
    ...rows.map(({ measure, cells }) => [
      label(measure),
      ...contenders.map(({ name }) => formatCell(cells.get(name), measure)),
    ]),
  ])
}

/** The table, in Markdown: a row for each measure, a column for each contender, and the ratios. */
export const formatTable = (results: Results): string => {
  const { contenders } = results
  const rows = summarise(results)
  const names = champions(results)
  const head = ['median', ...contenders.map(({ name }) => name), '÷ best peer', '÷ direct']
  const line = (row: Row): string[] => [
    label(row.measure),
    ...contenders.map(({ name }) => formatCell(row.cells.get(name), row.measure)),
    ratios(names, name => againstPeers(row, name, contenders)),
    ratios(names, name => againstDirect(row, name, rows)),
  ]
  return markdownTable([head, ...rows.map(line)])
}

/** What went wrong, a line for each contender, step and reason; empty where nothing did. */
export const formatFailures = ({ samples }: Results): string[] => {
  const counts = new Map<string, number>()
  for (const { contender, step, failure } of samples) {
    if (failure === undefined) continue
    const what = `${contender}, ${step}: ${failure}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return [...counts].map(([what, count]) => (count > 1 ? `${what}; in ${count} rounds` : what))
}
