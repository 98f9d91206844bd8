/**
 * Loaded with --import into tap, it makes tap start the compiled form of each test file, and load nothing
 * ahead of it: tap's own loader serves coverage, and takes as long as most test files do.
 */
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Spawn } from '@tapjs/core'

const root = new URL('../', import.meta.url)
const stacks = `--import=${new URL('scripts/source-stacks.mjs', root).href}`

const isLoader = word => /^--import=.*(?:@tapjs|compiled\.mjs)/.test(word)

/** Where the compiled form of a test file is, or would be. */
const compiledFile = file => {
  const path = relative(fileURLToPath(root), file).replace(/\.ts$/, '.js')
  return fileURLToPath(new URL(`.build/compiled/${path}`, root))
}

/** A command of tap's that starts a test file, without its loaders. */
const plainly = ([node, ...words]) => {
  const at = words.findLastIndex(word => word.endsWith('.ts'))
  const file = compiledFile(words[at] ?? '')
  if (!existsSync(file)) return [node, ...words]
  const flags = words.slice(0, at).filter(word => !isLoader(word))
  const command = [node, ...flags, stacks, file, ...words.slice(at + 1)]
  // By this variable tap loads its loader into every process that a test starts.
  const options = `NODE_OPTIONS=${process.env['NODE_OPTIONS'] ?? ''}`
  return process.platform === 'win32' ? command : ['env', options, ...command]
}

const main = Reflect.get(Spawn.prototype, 'main')
Spawn.prototype.main = function startPlainly(whenEnded) {
  const [command, ...args] = plainly([this.command, ...this.args])
  Object.assign(this, { command, args })
  return main.call(this, whenEnded)
}
