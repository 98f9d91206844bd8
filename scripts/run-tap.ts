import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Digest } from './digest.ts'
import { digest } from './digest.ts'

/** Tests wait more than they compute: on two cores six files at a time take a fifth less time than three. */
export const JOBS = `--jobs=${availableParallelism() + 4}`

/** Fewer where coverage or another Node makes each file slower. */
export const FEWER_JOBS = `--jobs=${Math.max(3, availableParallelism())}`

/** The daemon that tests start as a process is the build: it starts several times faster than the sources. */
export const BUILD = { EYEBALLD_BIN: 'dist/bin.js' } as const

/** A flag for the Node that runs tap, where there is no coverage: twice as fast a start of each test file. */
export const PLAIN_START = '--import=./scripts/plain-start.mjs'

/** The program of tap, from the root of the repository. */
export const TAP = 'node_modules/tap/dist/esm/run.mjs'

/**
 * Runs the tests by a version of Node, and waits.
 *
 * @param node the program
 * @param words tap's options, and the files (all of them where none is named)
 * @param env added to this process's environment
 */
export const runTap = (
  node: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Digest & { readonly isGood: boolean; readonly seconds: number } => {
  const startedAt = performance.now()
  const { stdout, status } = spawnSync(node, [TAP, '--reporter=tap', ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: Number.POSITIVE_INFINITY,
    env: { ...process.env, ...env },
  })
  const result = digest(stdout)
  return {
    ...result,
    isGood: status === 0 && result.failed === 0 && result.passed > 0,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  }
}
