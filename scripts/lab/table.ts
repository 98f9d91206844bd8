import { median } from '../../test/fixtures/lab-scenario.ts'
import type { Measured } from './types.ts'

/** What one program did in one row, all its runs. */
export type Cell = {
  readonly program: string
  readonly row: string
  readonly boundMs: number
  readonly measured: readonly Measured[]
}

const show = (ms: number): string => (ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0))

/** Median and worst; where a run failed, how, and in how many of them unless in all. */
export const formatCell = ({ boundMs, measured }: Cell): string => {
  const times = measured.flatMap(one => ('ms' in one ? [one.ms] : []))
  const failures = measured.flatMap(one => ('failure' in one ? [one.failure] : []))
  const well = times.length > 0 ? `${show(median(times))} (${show(Math.max(...times))})` : undefined
  const [failure] = failures
  if (failure === undefined) return well ?? ''
  const bad = failure === 'late' ? `hangs (> ${boundMs / 1000} s)` : `fails: ${failure}`
  return well === undefined ? bad : `${well}; ${bad} in ${failures.length} of ${measured.length}`
}

/** The table as Markdown, a row for each scenario and a column for each program. */
export const formatTable = (cells: readonly Cell[]): string => {
  const programs = [...new Set(cells.map(({ program }) => program))]
  const rows = [...new Set(cells.map(({ row }) => row))]
  const cellOf = (row: string, program: string): string => {
    const cell = cells.find(each => each.row === row && each.program === program)
    return cell ? formatCell(cell) : ''
  }
  const table = [
    ['ms, median (worst)', ...programs],
    ...rows.map(row => [row, ...programs.map(program => cellOf(row, program))]),
  ]
  const widths = [0, ...programs.map((_, i) => i + 1)].map(column =>
    Math.max(...table.map(row => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)
  const [head = [], ...body] = table
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [line(head.map(pad)), line(rule), ...body.map(row => line(row.map(pad)))].join('\n')
}
