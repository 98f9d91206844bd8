/**
 * What the daemon learns from its races, over real cables with real faults: two network namespaces, as
 * in `races.ts`. Left out without root.
 */
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  makeLab,
  removeLeftovers,
  whyNoNamespaces,
  writeResolvConf,
} from '../fixtures/namespaces.ts'

t.setTimeout(120_000)

const main = fileURLToPath(new URL('../fixtures/lab-learning-main.ts', import.meta.url))
const reason = whyNoNamespaces()

if (reason !== undefined) {
  t.comment(`the laboratory is left out: ${reason}`)
  t.pass(`left out: ${reason}`)
} else {
  removeLeftovers()
  const { host, net } = makeLab(t)
  writeResolvConf(host, ['127.0.0.1'])
  const command = ['netns', 'exec', host, process.execPath, '--import=tsx', main, net]
  await t.spawn('ip', command, { timeout: 120_000 }, 'learning in the laboratory')
}
