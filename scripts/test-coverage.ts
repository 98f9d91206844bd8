/**
 * Runs the tests with coverage, prints what is not covered, and fails below the floors. They stand
 * near what there is, so that new code comes with its tests; raise them when it rises.
 */
import { readFileSync } from 'node:fs'
import { formatDigest } from './digest.ts'
import { runTap } from './run-tap.ts'

/** Percent. */
const FLOORS = { lines: 90, branches: 85, functions: 90 }

type Counts = Record<keyof typeof FLOORS, { readonly pct: number }>

const result = runTap(process.execPath, [
  '--coverage-report=json-summary',
  ...process.argv.slice(2),
])
console.log(formatDigest(result))

const report = JSON.parse(readFileSync('.tap/report/coverage-summary.json', 'utf8')) as Record<
  string,
  Counts
>
const row = (name: string, { lines, branches, functions }: Counts): string =>
  [lines, branches, functions].map(({ pct }) => String(pct).padStart(9)).join('') + `  ${name}`

console.log('\n    lines branches functions  (percent)')
for (const [path, counts] of Object.entries(report)) {
  const isWhole = counts.lines.pct === 100 && counts.branches.pct === 100
  if (path !== 'total' && !isWhole) console.log(row(path.slice(process.cwd().length + 1), counts))
}
const { total } = report
if (!total) throw new Error('the report of coverage has no total')
console.log(row('total', total))

const kinds = Object.keys(FLOORS) as (keyof typeof FLOORS)[]
const low = kinds.filter(kind => total[kind].pct < FLOORS[kind])
for (const kind of low) {
  console.log(`${kind}: ${total[kind].pct} % is below the floor of ${FLOORS[kind]} %`)
}
process.exitCode = result.isGood && low.length === 0 ? 0 : 1
