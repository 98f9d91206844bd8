/**
 * Builds dist/ from src/: `npm run build`. It is emptied first, so that no file of an earlier build is left
 * in a package. Each module of src/ becomes a module of dist/, for the library; then the program is bundled,
 * dist/bin.js and what it loads into dist/program/, because a start that opens 300 small files takes twice
 * as long; the dashboard's page goes there too. Plain JavaScript, as `npm start` runs it in the daemon's process.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleDashboard } from './bundle-dashboard.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))

/**
 * The compiler's own file: what is in node_modules/.bin is for a shell, and another file on Windows.
 * Undefined where it is not installed.
 */
const findCompiler = () => {
  try {
    const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
    return join(dirname(manifest), bin.tsc)
  } catch {
    return undefined
  }
}

const failed = reason => {
  process.stderr.write(`build failed: ${reason}\n`)
  return 1
}

/**
 * The entries of processes and threads, each started by its path, from a module in the same folder. Those of
 * one group share what they have in common; a small one has all of its own, as every shared file costs each
 * of them a millisecond.
 */
const ENTRY_GROUPS = [
  { bin: 'bin.js', 'program/worker-main': 'daemon/processes/worker-main.js' },
  { 'program/healthcheck-main': 'cli/healthcheck-main.js' },
  { 'program/other-commands': 'cli/other-commands.js', 'program/host': 'cli/host.js' },
  { 'program/ssh-proxy-main': 'cli/run/ssh-proxy-main.js' },
  { 'program/lookup-main': 'net/system-lookup/lookup-main.js' },
  { 'program/relay-worker': 'pipe/splice/relay-worker.js' },
]

/** Packages of CommonJS call `require`, which modules do not have. */
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** The texts of the licences of all bundled packages, which ask that they go with every copy. */
const licencesOf = inputs => {
  const folders = inputs.map(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  const packages = [...new Set(folders)].filter(folder => folder !== undefined)
  packages.sort((a, b) => a.localeCompare(b))
  const texts = packages.map(path => {
    const folder = join(root, path)
    const name = path.replace(/^.*node_modules\//, '')
    const file = readdirSync(folder).find(each => /^licen[cs]e/i.test(each))
    if (file === undefined) throw new Error(`the package ${name} has no file with its licence`)
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

/** What other entries import with `import()`, and what yet has all of its own: a start does not need it. */
const apart = {
  name: 'apart',
  setup: build =>
    build.onResolve(
      { filter: /\/(?:healthcheck-main|other-commands|host)\.js$/ },
      ({ kind, path, importer }) => {
        if (kind !== 'dynamic-import') return null
        const folder = importer.endsWith('bin.js') ? './program' : '.'
        return { path: `${folder}/${basename(path)}`, external: true }
      },
    ),
}

/** @returns the files that went into the program */
const bundleGroup = async (dist, entries) => {
  const esbuild = await import('esbuild')
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([to, from]) => [to, join(dist, from)]),
    ),
    outdir: dist,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    chunkNames: 'program/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Has a file of machine code for each platform.
    external: ['koffi'],
    plugins: [apart],
    banner: { js: REQUIRE },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  return Object.keys(metafile.inputs)
}

const bundle = async dist => {
  const inputs = []
  for (const entries of ENTRY_GROUPS) inputs.push(...(await bundleGroup(dist, entries)))
  inputs.push(...(await bundleDashboard(join(dist, 'program'))))
  writeFileSync(join(dist, 'program', 'LICENSES.txt'), licencesOf(inputs))
}

/**
 * @param onStart gets the compiler's process
 * @returns the exit status: 0 where it was built; why it was not is on standard error
 */
export const build = async (onStart = () => {}) => {
  const compiler = findCompiler()
  if (!compiler) return failed('typescript is not installed; run npm ci, without --omit=dev')
  const dist = join(root, 'dist')
  try {
    rmSync(dist, { recursive: true, force: true })
  } catch (error) {
    return failed(`dist/ cannot be emptied: ${error.message}`)
  }
  const args = [compiler, '-p', join(root, 'tsconfig.build.json')]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  onStart(child)
  const end = await new Promise(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  if (end !== 0) return failed(`tsc ended with ${end}; dist/ is not complete`)
  try {
    await bundle(dist)
  } catch (error) {
    return failed(`${error.message}; dist/ is not complete`)
  }
  const command = join(dist, 'bin.js')
  // tsc writes files with the mode of any other; npm sets it on install, a checkout has nobody else to do so.
  if (existsSync(command)) chmodSync(command, 0o755)
  return 0
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await build()
