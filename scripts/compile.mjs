/**
 * Compiles sources, tests and scripts into .build/compiled, in a second or two, without a check of their
 * types. Node runs the result as it is, or by way of compiled.mjs. This is plain JavaScript because it
 * runs before TypeScript can be loaded.
 *
 * Tests may be reading .build/compiled meanwhile, and another process may be compiling too: each file is
 * written elsewhere and renamed, so that nobody reads half of one.
 */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const out = fileURLToPath(new URL('.build/compiled', root))
// As deep as `out`: source maps name their sources by relative paths.
const next = fileURLToPath(new URL(`.build/next-${process.pid}`, root))
process.once('exit', () => rmSync(next, { recursive: true, force: true }))

/** The paths in `folder` of all files below it. */
const filesIn = folder =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))

/**
 * Tests and scripts find files of the repository by `import.meta.url`, so theirs remains that of the
 * source. In `src` it becomes that of the compiled file, beside which are the threads and processes that
 * it starts.
 */
const keepAddress = path => {
  const source = path.replaceAll('\\', '/').replace(/\.js$/, '.ts')
  if (!/^(?:test|scripts)\/.*\.ts$/.test(source)) return
  const file = join(next, path)
  const code = readFileSync(file, 'utf8')
  if (!code.includes('import.meta')) return
  const { href: url } = new URL(source, root)
  const filename = fileURLToPath(url)
  const meta = JSON.stringify({ url, filename, dirname: dirname(filename) })
  // On the first line, so that the source map stays right.
  writeFileSync(file, `Object.assign(import.meta, ${meta}); ${code}`)
}

mkdirSync(next, { recursive: true })
// Its time says which sources are compiled (those that were not changed later), its text where they are.
writeFileSync(join(next, 'stamp'), root.href)
const tsc = fileURLToPath(new URL('node_modules/typescript/lib/tsc.js', root))
const { status, error } = spawnSync(
  process.execPath,
  [tsc, '-p', 'tsconfig.test.json', '--outDir', next],
  // What tsc says goes to standard error: standard output may be a test's, which tap reads.
  { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, NODE_OPTIONS: '' } },
)
if (status === 0) {
  copyFileSync(new URL('package.json', root), join(next, 'package.json'))
  const files = filesIn(next).filter(path => path !== 'stamp')
  for (const path of files) keepAddress(path)
  for (const folder of new Set(files.map(dirname))) {
    mkdirSync(join(out, folder), { recursive: true })
  }
  for (const path of [...files, 'stamp']) renameSync(join(next, path), join(out, path))
} else {
  console.error(`tsc ${error?.message ?? `ended with status ${status}`}: nothing was compiled`)
  process.exitCode = 1
}
