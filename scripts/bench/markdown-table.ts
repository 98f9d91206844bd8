/**
 * A table of Markdown whose columns are aligned in plain text too: the first to the left, the others to
 * the right.
 *
 * @param rows the first is the head; all are of one length
 */
export const markdownTable = (rows: readonly (readonly string[])[]): string => {
  const [head = []] = rows
  const widths = head.map((_, column) =>
    Math.max(3, ...rows.map(row => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const padded = (row: readonly string[]): string =>
    line(
      row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      }),
    )
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  )
  return [padded(head), line(rule), ...rows.slice(1).map(padded)].join('\n')
}
