/**
 * `eyeballd doctor` where the network is broken: two network namespaces, as in `races.ts`. Left out
 * without root.
 */
import t from 'tap'
import { unlessMissing } from '../fixtures/programs.ts'
import { runInLab } from '../fixtures/run-in-lab.ts'

const missing = unlessMissing('openssl')

await runInLab(t, 'the doctor in the laboratory', 'lab-doctor-main.ts', {
  lacking: missing === false ? undefined : missing,
})
