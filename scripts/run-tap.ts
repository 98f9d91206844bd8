import { spawnSync } from 'node:child_process'
import type { Digest } from './digest.ts'
import { digest } from './digest.ts'

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
  const { stdout, status } = spawnSync(
    node,
    ['node_modules/tap/dist/esm/run.mjs', '--reporter=tap', ...words],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: Number.POSITIVE_INFINITY,
      env: { ...process.env, ...env },
    },
  )
  const result = digest(stdout)
  return {
    ...result,
    isGood: status === 0 && result.failed === 0 && result.passed > 0,
    seconds: Math.round((performance.now() - startedAt) / 1000),
  }
}
