/** The cells of one row. */
export type Row = readonly string[]

/** A table in Markdown, with columns of one width as Prettier has them. */
export const table = (rows: readonly Row[]): string => {
  const [head = []] = rows
  const widths = head.map((_, i) => Math.max(...rows.map(row => (row[i] ?? '').length)))
  const line = (row: Row, fill = ' '): string =>
    `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width, fill)).join(' | ')} |`
  const [first = '', ...rest] = rows.map(row => line(row))
  return [first, line([], '-'), ...rest].join('\n')
}
