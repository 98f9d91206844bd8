/**
 * Loaded with --import, it lets Node run the TypeScript of this repository, as compile.mjs compiles it:
 *
 *     node --import=./scripts/compiled.mjs test/core/ip.ts
 *
 * Each module has the URL of its source, and source maps lead back to the lines. Whatever is out of date
 * is compiled first. Where a thread, a process or an import names `x.js`, as in a build, it gets `x.ts`;
 * threads and forked processes get the flag too. This is plain JavaScript because it runs before
 * TypeScript can be loaded.
 */
import childProcess, { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import module from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url).href
const out = `${root}.build/compiled/`

const isOurs = url => url?.startsWith(root) && !url.startsWith(`${root}node_modules/`)

/** What decides how all sources are compiled. */
const TOOLS = ['scripts/compile.mjs', 'tsconfig.json', 'tsconfig.test.json']

/** When a file was last changed. Its last write does not tell: a file that was moved here may be old. */
const changedAtMs = url => statSync(new URL(url)).ctimeMs

/** When the last compilation began: what was changed since then is out of date. -Infinity: everything is. */
const compiledAtMs = () => {
  const stamp = new URL('stamp', out)
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== root) return -Infinity
  const atMs = statSync(stamp).mtimeMs
  return TOOLS.some(path => changedAtMs(`${root}${path}`) >= atMs) ? -Infinity : atMs
}
let freshUntilMs = compiledAtMs()

const compile = () => {
  const program = fileURLToPath(new URL('scripts/compile.mjs', root))
  const options = { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } }
  const { status, stderr } = spawnSync(process.execPath, [program], options)
  if (status !== 0) throw new Error(stderr)
  freshUntilMs = compiledAtMs()
}

/** The compiled form of a source; undefined for any other file. */
const compiledSource = url => {
  if (!isOurs(url) || !url.endsWith('.ts')) return undefined
  if (changedAtMs(url) >= freshUntilMs) compile()
  const built = new URL(url.slice(root.length).replace(/\.ts$/, '.js'), out)
  if (!existsSync(built)) return undefined
  const code = readFileSync(built, 'utf8')
  const map = relative(fileURLToPath(new URL('.', url)), fileURLToPath(`${built.href}.map`))
  return code.replace(/\/\/# sourceMappingURL=.*\s*$/, `//# sourceMappingURL=${map}\n`)
}

/** The URL of `x.ts` where `x.js` is named, there is no such file, and `x.ts` is there. */
const sourceOf = (specifier, parent) => {
  if (!/^(?:\.|file:).*\.js$/.test(specifier)) return undefined
  const { href } = new URL(specifier, parent)
  if (!isOurs(href)) return undefined
  const source = href.replace(/\.js$/, '.ts')
  return !existsSync(new URL(href)) && existsSync(new URL(source)) ? source : undefined
}

export const resolve = (specifier, context, next) =>
  next(sourceOf(specifier, context.parentURL) ?? specifier, context)

/**
 * The source of a dependency's module. No other loader needs to see it: that of tap, for coverage, would
 * take long over all modules of tap itself.
 */
const foreignSource = (url, { format }) =>
  format === 'module' && url.startsWith(`${root}node_modules/`)
    ? readFileSync(new URL(url))
    : undefined

export const load = (url, context, next) => {
  const source = compiledSource(url) ?? foreignSource(url, context)
  return source === undefined
    ? next(url, context)
    : { format: 'module', source, shortCircuit: true }
}

/** A process that is forked without flags of this process still needs this one to run TypeScript. */
const { fork } = childProcess
childProcess.fork = (path, args, options) => {
  const flag = `--import=${root}scripts/compiled.mjs`
  const { execArgv } = options ?? {}
  const isBare = execArgv?.length === 0 && !existsSync(path)
  return fork(path, args, isBare ? { ...options, execArgv: [flag] } : options)
}
module.syncBuiltinESMExports()

// Node 20 has only the older way, which loads this file once more on a thread of its own.
const isHooksThread = import.meta.url.endsWith('?hooks')
if (module.registerHooks) module.registerHooks({ resolve, load })
else if (!isHooksThread) module.register(`${import.meta.url}?hooks`)
