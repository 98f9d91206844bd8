/**
 * Makes tap ready for the plugins of .taprc. tap bakes its plugins into a module of its own in
 * node_modules, and would do so itself, but too late: the run that finds it out of date still uses
 * the old one, whose TypeScript plugin cannot load TypeScript 7. Takes no network.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const BAKED = 'node_modules/@tapjs/test/test-built/dist/esm/index.js'

/** What .taprc leaves out. */
const UNWANTED = ['@tapjs/typescript', '@tapjs/mock']

const baked = existsSync(BAKED) ? readFileSync(BAKED, 'utf8') : undefined
if (baked === undefined || UNWANTED.some(plugin => baked.includes(plugin))) {
  const { status } = spawnSync('tap', ['build'], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
