/**
 * `npm start`: builds, and then runs the daemon in this process. npm passes SIGTERM and SIGINT on to its
 * child only, which is a shell. package.json begins the command with `exec`, so this process replaces the
 * shell and receives the signals itself.
 */
import process from 'node:process'
import { build } from './build.mjs'

/** How often it looks whether npm is still there. */
const LOOK_INTERVAL_MS = 500

/** Exit status after a signal, as shells count it. */
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

const parent = process.ppid
let compiler
const stop = signal => {
  compiler?.kill(signal)
  process.exit(STATUS[signal])
}
for (const signal of Object.keys(STATUS)) process.on(signal, stop)

// npm does not pass on SIGHUP and SIGKILL, and a shell that was not replaced passes on nothing: both just end.
// The daemon drains when its parent is gone, so that no orphan is left.
const look = setInterval(() => {
  if (process.ppid === parent) return
  clearInterval(look)
  process.kill(process.pid, 'SIGTERM')
}, LOOK_INTERVAL_MS)
look.unref()

const status = await build(child => (compiler = child))
for (const signal of Object.keys(STATUS)) process.off(signal, stop)
if (status === 0) await import('../dist/bin.js')
else process.exitCode = status
