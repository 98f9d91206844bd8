/**
 * `npm start`: builds, and then runs the daemon in this very process. npm passes SIGTERM and SIGINT on to
 * its child alone, and no other process may stand between: what the words of package.json begin with is a
 * single command, whose shell is replaced by it.
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

// A parent that was killed, or that SIGHUP has ended, could not pass anything on: npm, or a shell that
// stands between all the same. The daemon drains then, and leaves no orphan behind.
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
