/**
 * What the daemon learns from its races, over real cables with real faults: two network namespaces, as
 * in `races.ts`. Left out without root.
 */
import t from 'tap'
import { writeResolvConf } from '../fixtures/namespaces.ts'
import { runInLab } from '../fixtures/run-in-lab.ts'

await runInLab(t, 'learning in the laboratory', 'lab-learning-main.ts', {
  prepare: host => writeResolvConf(host, ['127.0.0.1']),
})
