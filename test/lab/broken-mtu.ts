/**
 * HTTPS over a path whose IPv6 swallows large packets: two network namespaces, as in `races.ts`. Left
 * out without root.
 */
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { makeLab, removeLeftovers, whyNoNamespaces } from '../fixtures/namespaces.ts'
import { unlessMissing } from '../fixtures/programs.ts'

t.setTimeout(120_000)

const main = fileURLToPath(new URL('../fixtures/lab-broken-mtu-main.ts', import.meta.url))
const missing = unlessMissing('curl', 'openssl')
const reason = whyNoNamespaces() ?? (missing === false ? undefined : missing)

if (reason !== undefined) {
  t.comment(`the laboratory is left out: ${reason}`)
  t.pass(`left out: ${reason}`)
} else {
  removeLeftovers()
  const { host, net } = makeLab(t)
  const command = ['netns', 'exec', host, process.execPath, '--import=tsx', main, net]
  await t.spawn('ip', command, { timeout: 120_000 }, 'a broken path MTU in the laboratory')
}
