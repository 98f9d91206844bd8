/** Starts the installed command as a proxy, asks whether it serves, and ends it: all that it loads is there. */
import { spawn, spawnSync } from 'node:child_process'
import process from 'node:process'

const bin = 'node_modules/eyeballd/dist/bin.js'
const daemon = spawn(process.execPath, [bin, '-l', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let log = ''
for await (const chunk of daemon.stdout) {
  log += String(chunk)
  if (log.includes('"event":"listening"')) break
}
const address = /"address":"([^"]+)"/.exec(log)?.[1] ?? ''
const asked = spawnSync(process.execPath, [bin, 'healthcheck', '--proxy', address])
daemon.kill('SIGTERM')
const status = await new Promise(resolve => daemon.once('exit', resolve))
if (asked.status !== 0 || status !== 0)
  throw new Error(`health check: ${asked.status}, daemon: ${status}\n${asked.stderr}${log}`)
