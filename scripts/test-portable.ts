/**
 * Runs the tests of the portable engine and of what it needs: all that runs on macOS and Windows too.
 * Tests of the C library are skipped there. On macOS 127.0.0.2 must be an address of the host first:
 * `sudo ifconfig lo0 alias 127.0.0.2`.
 *
 *     npm run test:portable
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BUILD, JOBS, PLAIN_START, TAP } from './run-tap.ts'

const FOLDERS = [
  'access',
  'auth',
  'config',
  'core',
  'dial',
  'eyeballs',
  'library',
  'listener',
  'log',
  'net/node',
  'pipe/stream',
  'resolver',
  'wire',
]

const files = FOLDERS.flatMap(folder =>
  readdirSync(join('test', folder), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => `test/${folder}/${path.replaceAll('\\', '/')}`),
)

const { status } = spawnSync(process.execPath, [PLAIN_START, TAP, JOBS, ...files], {
  stdio: 'inherit',
  env: { ...process.env, ...BUILD },
})
process.exitCode = status ?? 1
