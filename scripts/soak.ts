/**
 * The soak: a built daemon under a mixed load of all protocols, faults all the time, in network namespaces that
 * are made for it and removed; then a table, and status 1 if a check is violated (docs/benchmarks.md, Soak).
 * `npm run soak -- --help` prints its options.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endChild, exitOf, own, within } from '../test/fixtures/children.ts'
import { COMPILED } from '../test/fixtures/compiled.ts'
import {
  makeLab,
  removeLeftovers,
  run,
  whyNoNamespaces,
  writeResolvConf,
} from '../test/fixtures/namespaces.ts'
import { findProgram } from '../test/fixtures/programs.ts'
import { createOwner } from './lab/owner.ts'
import type { SoakOptions } from './soak/options.ts'
import { readOptions, USAGE } from './soak/options.ts'
import { PORTS } from './soak/targets.ts'
import { wrongWords } from './wrong-words.ts'

const optionsOrExit = (): SoakOptions => {
  let options: SoakOptions | null
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`soak: ${wrongWords(error)}; npm run soak -- --help prints what is allowed`)
    process.exit(2)
  }
  if (options) return options
  process.stdout.write(USAGE)
  process.exit(0)
}
const options = optionsOrExit()

const missing = [
  whyNoNamespaces(),
  ...['mount', 'fallocate'].map(name =>
    findProgram(name) === undefined ? `no program ${name}` : undefined,
  ),
  existsSync(options.bin) ? undefined : `no build ${options.bin}`,
].filter(reason => reason !== undefined)
if (missing.length > 0) {
  console.error(`there can be no soak here: ${missing.join('; ')}`)
  process.exit(1)
}

const main = (name: string): string[] => [
  process.execPath,
  COMPILED,
  fileURLToPath(new URL(`soak/${name}`, import.meta.url)),
]

const owner = createOwner()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void owner.end().then(() => process.exit(1)))
}
/** What of these namespaces is left after their end. */
const left = (): string[] =>
  run('ip netns list')
    .split('\n')
    .filter(line => line.includes(`-${process.pid}-`))
try {
  removeLeftovers()
  const { host, net } = makeLab(owner)
  writeResolvConf(host, ['127.0.0.1'])
  const directory = mkdtempSync(join(tmpdir(), 'eyeballd-soak-'))
  owner.teardown(() => {
    // The log of a soak that was violated is evidence.
    if (process.exitCode === 0) rmSync(directory, { recursive: true, force: true })
    else console.error(`the log is in ${directory}`)
  })

  const words = [...main('origin-main.ts'), String(PORTS.stream), String(PORTS.http)]
  const origin = own(
    spawn('ip', ['netns', 'exec', net, ...words], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  owner.teardown(() => endChild(origin))
  const listening = new Promise(done => createInterface(origin.stdout).once('line', done))
  await within(20_000, 'the origins listen', listening)

  const { bin, json } = options
  const all = {
    ...options,
    bin: resolve(bin),
    ...(json !== undefined && { json: resolve(json) }),
    net,
    directory,
  }
  const inHost = ['netns', 'exec', host, ...main('main.ts'), JSON.stringify(all)]
  const runs = own(spawn('ip', inHost, { stdio: ['ignore', 'inherit', 'inherit'] }))
  owner.teardown(() => endChild(runs))
  process.exitCode = (await exitOf(runs)).code ?? 1
} finally {
  await owner.end()
}
if (left().length > 0) {
  console.error(`VIOLATED: namespaces are left: ${left().join(', ')}`)
  process.exitCode = 1
}
