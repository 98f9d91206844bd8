/**
 * Takes the pictures of the dashboard for the documents, docs/images/dashboard-*.png. A daemon runs real races
 * for a minute, in a network namespace whose cable leads to addresses of RFC 5737 and RFC 3849, each at a
 * distance of its own; one network there is dead. Needs Linux, root, /dev/net/tun and Chromium. Builds
 * eyeballd first, unless EYEBALLD_BIN names a build.
 *
 *     npm run screenshots
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endChild, exitOf, own, within } from '../test/fixtures/children.ts'
import { COMPILED } from '../test/fixtures/compiled.ts'
import { createLabFaults } from '../test/fixtures/lab-faults.ts'
import {
  makeNamespace,
  removeLeftovers,
  run,
  whyNoNamespaces,
} from '../test/fixtures/namespaces.ts'
import { unlessMissing } from '../test/fixtures/programs.ts'
import { createOwner } from './lab/owner.ts'
import { makeSlowCable } from './screenshots/slow-cable.ts'
import { DISTANCES, REFUSED } from './screenshots/world.ts'

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url))

/** The daemon's side of the cable, and what is behind the other. */
const HOST4 = '192.0.2.77'
const HOST6 = '2001:db8:ffff::77'
const NETS4 = ['198.51.100.0/24', '203.0.113.0/24']
const NET6 = '2001:db8::/33'

/** Where the daemon's clients are. */
const CLIENTS = Array.from({ length: 7 }, (_, i) => `10.0.0.${i + 1}`)

const reason =
  whyNoNamespaces() ??
  (unlessMissing('chromium') || (existsSync('/dev/net/tun') ? undefined : 'no /dev/net/tun'))
if (reason !== undefined) {
  console.error(`there can be no pictures: ${reason}`)
  process.exit(1)
}

process.env['EYEBALLD_BIN'] ??= (() => {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  return 'dist/bin.js'
})()

const inside = (namespace: string, file: string, ...words: readonly string[]): string[] => [
  'netns',
  'exec',
  namespace,
  process.execPath,
  COMPILED,
  fileURLToPath(new URL(file, import.meta.url)),
  ...words,
]

const owner = createOwner()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void owner.end().then(() => process.exit(1)))
}
try {
  removeLeftovers()
  const host = makeNamespace(owner, 'host')
  const net = makeNamespace(owner, 'net')
  const [hostDevice, netDevice] = makeSlowCable(owner, 'eyes', [host, net], DISTANCES)
  run(`ip -n ${host} address add ${HOST4}/32 dev ${hostDevice}`)
  run(`ip -n ${host} address add ${HOST6}/128 dev ${hostDevice} nodad`)
  for (const address of CLIENTS) run(`ip -n ${host} address add ${address}/32 dev lo`)
  run(`ip -n ${host} route add default dev ${hostDevice}`)
  run(`ip -n ${host} -6 route add default dev ${hostDevice}`)
  for (const network of NETS4) run(`ip -n ${net} route add local ${network} dev lo`)
  run(`ip -n ${net} -6 route add local ${NET6} dev lo`)
  run(`ip -n ${net} route add ${HOST4}/32 dev ${netDevice}`)
  run(`ip -n ${net} -6 route add ${HOST6}/128 dev ${netDevice}`)
  const faults = createLabFaults(net)
  for (const address of REFUSED) faults.set(address, 'refused')

  for (const port of ['443', '5432']) {
    const words = inside(net, '../test/fixtures/lab-web-main.ts', port)
    const web = own(spawn('ip', words, { stdio: ['pipe', 'pipe', 'inherit'] }))
    owner.teardown(() => endChild(web))
    const listening = new Promise(done => createInterface(web.stdout).once('line', done))
    await within(10_000, 'the targets listen', listening)
  }
  const words = inside(host, 'screenshots/main.ts', FOLDER)
  const main = own(spawn('ip', words, { stdio: ['ignore', 'inherit', 'inherit'] }))
  owner.teardown(() => endChild(main))
  process.exitCode = (await exitOf(main)).code ?? 1
} finally {
  await owner.end()
}
