/**
 * The order of the daemon's attempts, by the SYNs that it sends: each vector of RFC 6724 section 10.2,
 * and more, with names from a hosts file and from DNS. Two network namespaces, as in `races.ts`. Left
 * out without root.
 */
import t from 'tap'
import { runInLab } from '../fixtures/run-in-lab.ts'

await runInLab(t, 'the order of attempts in the laboratory', 'lab-order-main.ts')
