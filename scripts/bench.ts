/**
 * Measures eyeballd beside other proxies and beside no proxy at all, on this machine, in one run: all
 * take turns, in several rounds, and medians are shown. Needs Linux; says which of the other proxies it
 * has found, and how to install the rest. Builds eyeballd first, unless --bin names a build.
 *
 *     npm run bench                           everything: some 20 minutes
 *     npm run bench -- --quick                one short round, on one Node
 *     npm run bench -- --rounds 9 --seconds 2 more of it
 *     npm run bench -- --warm-up 1            not the 10 s of each kind of small work that come first
 *     npm run bench -- --only splice,haproxy  some of the programs, by parts of their names
 *     npm run bench -- --steps down1,idle     some of the steps
 *     npm run bench -- --node 24 --node PATH  eyeballd on these, in place of Node 26 and 20
 *     npm run bench -- --readme               puts plot and tables into README.md and docs/benchmarks.md
 *     npm run bench -- --from FILE --readme   the same with the results of an earlier run
 *
 * Also --json FILE and --svg FILE, where results and plot are written (.bench/), and --port N, from
 * which on free ports are looked for.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { loadLibc } from '../src/libc/load-libc.ts'
import { findProgram } from '../test/fixtures/programs.ts'
import { DIRECT } from './bench/direct.ts'
import { eyeballdContender, nodeOf } from './bench/eyeballd.ts'
import { parseFlags, wanted } from './bench/flags.ts'
import type { Flags } from './bench/flags.ts'
import { formatFailures, formatTable } from './bench/format-table.ts'
import { machine, openFileLimit } from './bench/machine.ts'
import { PEERS } from './bench/peers.ts'
import { plot } from './bench/plot.ts'
import { benchmarksSection, readmeSection, replaceSection } from './bench/readme-section.ts'
import { runRounds } from './bench/run-rounds.ts'
import { STEPS } from './bench/steps.ts'
import type { Contender, Results, Sample } from './bench/types.ts'
import { createOwner } from './lab/owner.ts'

const ENGINES = ['splice', 'stream'] as const
/** README shows it. */
const PICTURE = 'docs/bench.svg'
const BENCHMARKS = 'docs/benchmarks.md'

const give = (path: string, text: string): void => {
  mkdirSync(dirname(resolve(path)), { recursive: true })
  writeFileSync(path, text)
}

const run = (program: string, ...args: readonly string[]): void => {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`)
}

const packageVersion = (): string =>
  (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version

/** All that can take part here; what cannot is reported. */
const findContenders = (flags: Flags, openFiles: number): [Contender[], string[]] => {
  const bin = resolve(flags.bin ?? 'dist/bin.js')
  const nodes = flags.nodes.flatMap(version => {
    const node = nodeOf(version)
    if (!node) console.error(`Node ${version} could not be had`)
    return node ? [node] : []
  })
  if (nodes.length === 0) throw new Error('there is no Node to run eyeballd on; see --node')
  const ours = ENGINES.flatMap(engine =>
    nodes.map(node => eyeballdContender(bin, packageVersion(), engine, node)),
  )
  const missing: string[] = []
  const peers = PEERS.flatMap(({ program, install, contender }) => {
    const path = findProgram(program)
    if (path !== undefined) return [contender(path, openFiles)]
    missing.push(`${program}: ${install}`)
    return []
  })
  return [[DIRECT, ...ours, ...peers], missing]
}

const show = ({ round, step, contender, values, failure }: Sample, rounds: number): void => {
  const found = Object.entries(values).map(([name, value]) => `${name} ${value.toPrecision(4)}`)
  const words = [...found, ...(failure === undefined ? [] : [`FAILED: ${failure}`])]
  console.error(`${round}/${rounds} ${step.padEnd(11)} ${contender.padEnd(16)} ${words.join(', ')}`)
}

const measure = async (flags: Flags): Promise<Results> => {
  const loaded = loadLibc()
  if (!loaded.ok) throw new Error(`there can be no load here: ${loaded.reason}`)
  const openFiles = openFileLimit()
  const [all, missing] = findContenders(flags, openFiles)
  const contenders = wanted('only', all, flags.only)
  const steps = wanted('steps', STEPS, flags.steps)
  for (const { name, version, node = '' } of contenders) {
    console.error(`found ${[name, version, node && `on Node ${node}`].filter(Boolean).join(' ')}`)
  }
  for (const one of missing) console.error(`not found ${one}`)
  if (flags.bin === undefined) run('npm', 'run', '--silent', 'build')

  const owner = createOwner()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void owner.end().then(() => process.exit(130)))
  }
  try {
    const directory = mkdtempSync(join(tmpdir(), 'eyeballd-bench-'))
    owner.teardown(() => rmSync(directory, { recursive: true, force: true }))
    const { rounds, seconds, warmUpSeconds, firstPort } = flags
    const onSample = (sample: Sample): void => show(sample, rounds)
    const plan = { contenders, steps, rounds, seconds, warmUpSeconds, firstPort, onSample }
    const samples = await runRounds(plan, { owner, directory, openFiles })
    return {
      date: new Date().toISOString(),
      machine: machine(),
      flags: { rounds, seconds },
      contenders: contenders.map(contender => ({ ...contender, start: undefined })),
      missing,
      samples,
    }
  } finally {
    await owner.end()
  }
}

const writeReadme = (results: Results): void => {
  give(PICTURE, plot(results))
  const sections = {
    'README.md': readmeSection(results, PICTURE),
    [BENCHMARKS]: benchmarksSection(results),
  }
  for (const [path, section] of Object.entries(sections)) {
    writeFileSync(path, replaceSection(path, readFileSync(path, 'utf8'), section))
  }
  run('npx', 'prettier', '--write', '--log-level=warn', ...Object.keys(sections))
}

const main = async (): Promise<void> => {
  const flags = parseFlags(process.argv.slice(2))
  const results =
    flags.from === undefined
      ? await measure(flags)
      : (JSON.parse(readFileSync(flags.from, 'utf8')) as Results)
  if (flags.from === undefined) give(flags.json, `${JSON.stringify(results, null, 2)}\n`)
  give(flags.svg, plot(results))
  console.log(formatTable(results))
  for (const line of formatFailures(results)) console.log(`failed: ${line}`)
  if (flags.isReadme) writeReadme(results)
  console.error(`results: ${flags.from ?? flags.json}, plot: ${flags.svg}`)
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode = 1
}
