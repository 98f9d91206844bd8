/**
 * Runs the tests, compiled, without coverage; the daemon that they start as a process is the build.
 *
 *     npm test                        every test
 *     npm test -- test/wire/socks5/*.ts     some of them; tap's own options hold too
 */
import { spawnSync } from 'node:child_process'
import { BUILD, JOBS, PLAIN_START, TAP } from './run-tap.ts'

const { status } = spawnSync(process.execPath, [PLAIN_START, TAP, JOBS, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...BUILD },
})
process.exitCode = status ?? 1
