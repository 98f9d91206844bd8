import { spawnSync } from 'node:child_process'

/**
 * Runs a program, and returns its standard output.
 *
 * @throws with what it printed if it fails
 */
export const runStep = (
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status === 0) return stdout
  const why = error ? error.message : `status ${status}\n${stdout}${stderr}`
  throw new Error(`${program} ${args.join(' ')} failed: ${why}`)
}
