/** Starts the installed command as a proxy, asks whether it serves, and for its dashboard: all that it loads is there. */
import { spawn, spawnSync } from 'node:child_process'
import process from 'node:process'

const bin = 'node_modules/eyeballd/dist/bin.js'
const daemon = spawn(process.execPath, [bin, '-l', '127.0.0.1:0', '--admin', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let log = ''
for await (const chunk of daemon.stdout) {
  log += String(chunk)
  if (log.split('"event":"listening"').length > 2) break
}
/** The address of a listener of this name. */
const addressOf = name =>
  new RegExp(`"listener":"${name}.*?"address":"([^"]+)"`).exec(log)?.[1] ?? ''
const address = addressOf('mixed')
const page = await fetch(`http://${addressOf('admin')}/`)
const script = await fetch(`http://${addressOf('admin')}/app.js`)
const asked = spawnSync(process.execPath, [bin, 'healthcheck', '--proxy', address])
daemon.kill('SIGTERM')
const hasPage = page.ok && (await page.text()).includes('app.js') && script.ok
const status = await new Promise(resolve => daemon.once('exit', resolve))
if (asked.status !== 0 || status !== 0 || !hasPage)
  throw new Error(
    `health check: ${asked.status}, daemon: ${status}, dashboard: ${page.status}\n${asked.stderr}${log}`,
  )
