/**
 * Checks the package as others install it: `npm run check:package`. It is built, packed, and looked at
 * by publint and attw; then it is installed from the tarball into a project of its own, where a strict
 * TypeScript file that uses all that is exported (`consumer/use-all.ts`) is compiled, and a script that
 * connects (`consumer/run.mjs`) is run on the oldest and the newest Node. It is installed globally into an empty prefix too,
 * and looked at for all that a host needs: command, manual pages, completion, units and configuration.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode } from './find-node.ts'

const NODES = ['20', '26']
/** Of @types/node: that of the oldest Node, and the newest there is. */
const TYPES = ['20', 'latest']
/** What `use-all.ts` shows the library to work with. */
const FRIENDS = ['undici@7']
const LIMIT_MS = 60_000

const root = fileURLToPath(new URL('../', import.meta.url))
const consumer = fileURLToPath(new URL('consumer/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'eyeballd-consumer-'))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

// What npm has in its cache is good enough, and is all that there is without a network.
process.env['npm_config_prefer_offline'] = 'true'

/** Runs a step, shows what it says only where it fails, and ends everything there. */
const step = (
  name: string,
  [program = '', ...args]: readonly string[],
  cwd = root,
  env: NodeJS.ProcessEnv = process.env,
): string => {
  const startedAt = performance.now()
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: LIMIT_MS,
  })
  const isGood = status === 0
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${name}, ${seconds} s`)
  if (isGood) return stdout
  console.log(`${stdout}${stderr}${error?.message ?? ''}`)
  process.exit(1)
}

const bin = (name: string): string => join(root, 'node_modules', '.bin', name)

/** All names that a file of re-exports exports, and all that another one imports from the package. */
const namesIn = (text: string, word: 'export' | 'import'): Set<string> => {
  const lists = text.matchAll(new RegExp(`^${word} (?:type )?\\{([^}]*)\\}`, 'gm'))
  const names = [...lists].flatMap(([, list = '']) => list.split(','))
  return new Set(names.map(name => name.replace(/^[^]* as /, '').trim()).filter(Boolean))
}

const checkAllIsUsed = (): void => {
  const exported = namesIn(readFileSync(join(root, 'src/index.ts'), 'utf8'), 'export')
  const used = namesIn(readFileSync(join(consumer, 'use-all.ts'), 'utf8'), 'import')
  const unused = [...exported].filter(name => !used.has(name))
  if (unused.length === 0) return
  console.log(`FAILED scripts/consumer/use-all.ts does not use: ${unused.join(', ')}`)
  process.exit(1)
}

/** Where a global installation puts what it has, below its prefix; npm makes links of the first three. */
const INSTALLED = [
  'bin/eyeballd',
  'share/man/man1/eyeballd.1',
  'share/man/man5/eyeballd.yaml.5',
  'lib/node_modules/eyeballd/systemd/eyeballd.service',
  'lib/node_modules/eyeballd/systemd/eyeballd.socket',
  'lib/node_modules/eyeballd/systemd/eyeballd@.service',
  'lib/node_modules/eyeballd/config/eyeballd.yaml',
  'lib/node_modules/eyeballd/config/schema.json',
  'lib/node_modules/eyeballd/LICENSE',
]

/** What the installed command says on one Node must be this. */
const expectSaid = (name: string, said: string, expected: RegExp): void => {
  if (expected.test(said)) return
  console.log(
    `FAILED ${name} says ${JSON.stringify(said.slice(0, 200))}, expected ${expected.source}`,
  )
  process.exit(1)
}

/** Checks the command of a global installation as a shell finds it, with one Node first in PATH. */
const checkGlobal = (prefix: string, node: string, exact: string): void => {
  const env = { ...process.env, PATH: `${dirname(node)}:${join(prefix, 'bin')}:/usr/bin:/bin` }
  for (const [shell, expected] of [
    ['bash', /complete -F _eyeballd eyeballd/],
    ['zsh', /^#compdef eyeballd/],
    ['fish', /complete -c eyeballd/],
  ] as const) {
    const name = `completion of ${shell} on node ${exact}`
    expectSaid(name, step(name, ['eyeballd', 'completion', shell], prefix, env), expected)
  }
  const file = join(prefix, 'lib/node_modules/eyeballd/config/eyeballd.yaml')
  step(`global check on node ${exact}`, ['eyeballd', 'check', file], prefix, env)
}

step('build', ['npm', 'run', '--silent', 'build'])
step('pack', ['npm', 'pack', '--ignore-scripts', '--pack-destination', scratch])
const tarball = join(scratch, readdirSync(scratch).find(name => name.endsWith('.tgz')) ?? '')
step('publint', [bin('publint'), '--strict', tarball])
step('attw', [bin('attw'), tarball, '--profile', 'esm-only'])
checkAllIsUsed()

const install = ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-save']
const project = join(scratch, 'project')
cpSync(consumer, project, { recursive: true })
writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
for (const types of TYPES) {
  const packages = [tarball, ...FRIENDS, `@types/node@${types}`]
  step(`install with @types/node@${types}`, [...install, ...packages], project)
  step(`compile with @types/node@${types}`, [bin('tsc'), '-p', project], project)
}

const prefix = join(scratch, 'prefix')
step('install globally', [...install, '--global', '--prefix', prefix, tarball])
const lacking = INSTALLED.filter(path => !existsSync(join(prefix, path)))
if (lacking.length > 0) {
  console.log(`FAILED a global installation lacks ${lacking.join(', ')}`)
  process.exit(1)
}

type Package = { readonly version: string }
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package
for (const wanted of NODES) {
  const [program, exact] = findNode(wanted) ?? []
  if (program === undefined) {
    console.log(`FAILED node ${wanted} could not be installed`)
    process.exit(1)
  }
  step(`run on node ${exact}`, [program, 'run.mjs'], project)
  checkGlobal(prefix, program, exact ?? '')
  const command = [program, 'node_modules/eyeballd/dist/bin.js']
  step(`serve on node ${exact}`, [program, 'serve.mjs'], project)
  step(`help on node ${exact}`, [...command, '--help'], project)
  step(
    `check on node ${exact}`,
    [...command, 'check', 'node_modules/eyeballd/config/eyeballd.yaml'],
    project,
  )
  step(`resolve on node ${exact}`, [...command, 'resolve', 'localhost'], project)
  const said = step(`bin on node ${exact}`, [...command, '--version'], project)
  if (said.trim() !== version) {
    console.log(`FAILED eyeballd --version says ${JSON.stringify(said)}, not ${version}`)
    process.exit(1)
  }
}
