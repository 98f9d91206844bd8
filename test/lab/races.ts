/**
 * Races through the daemon over real cables with real faults: two network namespaces, in one the
 * daemon, its clients and their name server, in the other the targets. Left out without root.
 */
import t from 'tap'
import { runInLab } from '../fixtures/run-in-lab.ts'

await runInLab(t, 'races in the laboratory', 'lab-races-main.ts')
