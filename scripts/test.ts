/**
 * Runs the tests from the sources, the daemon that they start as a process from the build.
 *
 *     npm test                        every test
 *     npm test -- test/socks/*.ts     some of them; tap's own options hold too
 */
import { spawnSync } from 'node:child_process'
import { BUILD, JOBS, TAP } from './run-tap.ts'

const { status } = spawnSync(process.execPath, [TAP, JOBS, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...BUILD },
})
process.exitCode = status ?? 1
