/**
 * Builds dist/ from src/: `npm run build`. It is emptied first, so that no file of an earlier build is left
 * in a package; with the command executable. Plain JavaScript, as `npm start` runs it in the daemon's process.
 */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

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
 * @param onStart gets the compiler's process
 * @returns the exit status: 0 where it was built; why it was not is on standard error
 */
export const build = async (onStart = () => {}) => {
  const compiler = findCompiler()
  if (!compiler) return failed('typescript is not installed; run npm ci, without --omit=dev')
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const args = [compiler, '-p', join(root, 'tsconfig.build.json')]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  onStart(child)
  const end = await new Promise(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  if (end !== 0) return failed(`tsc ended with ${end}; dist/ is not complete`)
  const command = join(dist, 'bin.js')
  // tsc writes files with the mode of any other; npm sets it on install, a checkout has nobody else to do so.
  if (existsSync(command)) chmodSync(command, 0o755)
  return 0
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await build()
