import type { Check } from './judge.ts'
import type { Row } from './ledger.ts'

const pad = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map(row => (row[i] ?? '').length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}

/** The clients by kind, the faults, and the checks, as Markdown. */
export const formatResult = (
  clients: readonly Row[],
  faults: ReadonlyMap<string, number>,
  excused: ReadonlyMap<string, number>,
  checks: readonly Check[],
): string =>
  [
    pad([
      ['clients', 'connections', 'as they should', 'failed by a fault'],
      ...clients.map(({ kind, clients: all, good, excused: failed }) => [
        kind,
        String(all),
        String(good),
        String(failed),
      ]),
    ]),
    pad([
      ['fault', 'times', 'connections that failed by it'],
      ...[...faults].map(([name, times]) => [name, String(times), String(excused.get(name) ?? 0)]),
    ]),
    pad([
      ['check', 'result', 'found'],
      ...checks.map(({ what, isRight, found }) => [what, isRight ? 'ok' : 'VIOLATED', found]),
    ]),
  ].join('\n\n')

/** The violated checks, with what shows it. */
export const formatViolations = (checks: readonly Check[]): string =>
  checks
    .filter(({ isRight }) => !isRight)
    .map(({ what, found, evidence }) => [`VIOLATED: ${what}: ${found}`, ...evidence].join('\n  '))
    .join('\n')
