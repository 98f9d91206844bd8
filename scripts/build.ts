/**
 * Builds dist/ from src/: emptied first, so that no file of an earlier build is left in a package;
 * with the command executable.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
// tsc writes files with the mode of any other; npm sets it on install, a checkout has nobody else to do so.
if (existsSync('dist/bin.js')) chmodSync('dist/bin.js', 0o755)
process.exitCode = status ?? 1
