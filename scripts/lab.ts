/**
 * The laboratory: the time to connect through eyeballd, through microsocks, and by curl's and Node's
 * own racing, side by side, over real cables with real faults, in network namespaces that are made
 * for it and removed. Needs Linux and root. Builds eyeballd first, unless EYEBALLD_BIN names a build.
 *
 *     npm run lab                       five runs each
 *     npm run lab -- --runs 11          more
 *     npm run lab -- --only DNS         the rows that have this in their names
 *     npm run lab -- --json FILE        also writes all that was measured
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { endChild, exitOf, own, within } from '../test/fixtures/children.ts'
import { COMPILED } from '../test/fixtures/compiled.ts'
import {
  makeLab,
  removeLeftovers,
  run,
  whyNoNamespaces,
  writeResolvConf,
} from '../test/fixtures/namespaces.ts'
import { findProgram } from '../test/fixtures/programs.ts'
import { createOwner } from './lab/owner.ts'

const PORT = '8080'
const TLS_PORT = '8443'

const readFlags = () => {
  try {
    return parseArgs({
      options: {
        runs: { type: 'string', default: '5' },
        only: { type: 'string', default: '' },
        json: { type: 'string' },
      },
    })
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}
const { values } = readFlags()
if (!/^[1-9]\d?$/.test(values.runs)) {
  console.error(`--runs: ${JSON.stringify(values.runs)} is not a number from 1 to 99`)
  process.exit(2)
}

const missing = [
  whyNoNamespaces(),
  ...['curl', 'microsocks', 'openssl'].map(name =>
    findProgram(name) === undefined ? `no program ${name}` : undefined,
  ),
].filter(reason => reason !== undefined)
if (missing.length > 0) {
  console.error(`there can be no laboratory here: ${missing.join('; ')}`)
  process.exit(1)
}

process.env['EYEBALLD_BIN'] ??= (() => {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  return 'dist/bin.js'
})()

const main = (name: string): string[] => [
  process.execPath,
  COMPILED,
  fileURLToPath(new URL(`lab/${name}`, import.meta.url)),
]

/** A certificate with so many names that no server can send it in one small packet. */
const makeCertificate = (directory: string): void => {
  const names = Array.from({ length: 60 }, (_, i) => `DNS:name-${i}.of-many.example.com`).join(',')
  run(
    `openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=example.com -addext subjectAltName=${names} -keyout ${directory}/key.pem -out ${directory}/cert.pem`,
  )
}

const owner = createOwner()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void owner.end().then(() => process.exit(1)))
}
try {
  removeLeftovers()
  const { host, net } = makeLab(owner)
  writeResolvConf(host, ['127.0.0.1', '127.0.0.2'])
  const directory = mkdtempSync(join(tmpdir(), 'eyeballd-lab-'))
  owner.teardown(() => rmSync(directory, { recursive: true, force: true }))
  makeCertificate(directory)

  const inNet = ['netns', 'exec', net, ...main('origin-main.ts'), PORT, TLS_PORT, directory]
  const origin = own(spawn('ip', inNet, { stdio: ['pipe', 'pipe', 'inherit'] }))
  owner.teardown(() => endChild(origin))
  const listening = new Promise(done => createInterface(origin.stdout).once('line', done))
  await within(10_000, 'the origin listens', listening)

  const { runs: count, only, json } = values
  const words = [net, PORT, TLS_PORT, count, only, ...(json === undefined ? [] : [resolve(json)])]
  const inHost = ['netns', 'exec', host, ...main('main.ts'), ...words]
  const runs = own(spawn('ip', inHost, { stdio: ['ignore', 'inherit', 'inherit'] }))
  owner.teardown(() => endChild(runs))
  process.exitCode = (await exitOf(runs)).code ?? 1
} finally {
  await owner.end()
}
