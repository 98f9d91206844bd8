/**
 * Races through the daemon over real cables with real faults: two network namespaces, in one the
 * daemon, its clients and their name server, in the other the targets. Left out without root.
 */
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { makeLab, removeLeftovers, whyNoNamespaces } from '../fixtures/namespaces.ts'

t.setTimeout(120_000)

const main = fileURLToPath(new URL('../fixtures/lab-races-main.ts', import.meta.url))
const reason = whyNoNamespaces()

if (reason !== undefined) {
  t.comment(`the laboratory is left out: ${reason}`)
  t.pass(`left out: ${reason}`)
} else {
  removeLeftovers()
  const { host, net } = makeLab(t)
  const command = ['netns', 'exec', host, process.execPath, '--import=tsx', main, net]
  await t.spawn('ip', command, { timeout: 120_000 }, 'races in the laboratory')
}
