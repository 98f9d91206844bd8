/**
 * HTTPS over a path whose IPv6 swallows large packets: two network namespaces, as in `races.ts`. Left
 * out without root.
 */
import t from 'tap'
import { unlessMissing } from '../fixtures/programs.ts'
import { runInLab } from '../fixtures/run-in-lab.ts'

const missing = unlessMissing('curl', 'openssl')

await runInLab(t, 'a broken path MTU in the laboratory', 'lab-broken-mtu-main.ts', {
  lacking: missing === false ? undefined : missing,
})
