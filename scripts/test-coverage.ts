/**
 * Runs the tests with coverage, prints the lines that are not covered, and fails below the floors.
 * They stand near what there is, so that new code comes with its tests; raise them when it rises.
 *
 *     npm run coverage                        every test
 *     npm run coverage -- test/core/ip.ts     some; the floors hold for what these tests load
 *     npm run coverage -- 26                  by another version of Node, got as the npm package `node`
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatDigest } from './digest.ts'
import { findNode, isVersion, pathWith } from './find-node.ts'
import { BUILD, FEWER_JOBS, runTap } from './run-tap.ts'

/** Percent. A function that is only a placeholder, and never called, counts too. */
const FLOORS = { lines: 99, branches: 96, functions: 98.5 }

const DATA = '.tap/coverage'
const SUMMARY = '.tap/report/coverage-summary.json'
const SOURCES = new URL('../src/', import.meta.url).href

type SourceMap = { readonly sources: readonly string[]; sourcesContent?: readonly string[] }
type Data = {
  result: readonly { readonly url: string }[]
  'source-map-cache'?: Record<string, { data: SourceMap | null }>
}

/**
 * Makes one process's figures what the report can read. Source maps name the sources and do not hold
 * them, and each file would be taken for one line that is covered: so the sources are put in.
 * Examples and scripts are taken out: they are not what is installed, and the floors are for that.
 */
const mend = (path: string): void => {
  const data = JSON.parse(readFileSync(path, 'utf8')) as Data
  data.result = data.result.filter(({ url }) => url.startsWith(SOURCES))
  for (const [url, { data: map }] of Object.entries(data['source-map-cache'] ?? {})) {
    if (!map || !url.startsWith(SOURCES)) continue
    map.sourcesContent = map.sources.map(source => readFileSync(fileURLToPath(source), 'utf8'))
  }
  writeFileSync(path, JSON.stringify(data))
}

const [first = '', ...others] = process.argv.slice(2)
const [program, files] = isVersion(first)
  ? [findNode(first)?.[0], others]
  : [process.execPath, process.argv.slice(2)]
if (program === undefined) throw new Error(`node ${first} could not be installed`)
const words = ['--no-disable-coverage', '--coverage-report=none', FEWER_JOBS, ...files]
const result = runTap(program, words, { ...BUILD, PATH: pathWith(program) })
console.log(formatDigest(result))

for (const name of readdirSync(DATA)) mend(`${DATA}/${name}`)
spawnSync('tap', ['report', 'text', 'json-summary', '--no-show-full-coverage'], {
  stdio: ['ignore', 'inherit', 'inherit'],
})

type Summary = { readonly total: Record<keyof typeof FLOORS, { readonly pct: number }> }
const { total } = JSON.parse(readFileSync(SUMMARY, 'utf8')) as Summary
const kinds = Object.keys(FLOORS) as (keyof typeof FLOORS)[]
console.log(kinds.map(kind => `${kind} ${total[kind].pct} %`).join(', '))
const low = kinds.filter(kind => total[kind].pct < FLOORS[kind])
for (const kind of low) console.log(`${kind}: below the floor of ${FLOORS[kind]} %`)
process.exitCode = result.isGood && low.length === 0 ? 0 : 1
