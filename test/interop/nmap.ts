/** nmap's scripts about proxies, in a network namespace. Left out without root. */
import t from 'tap'
import { writeResolvConf } from '../fixtures/namespaces.ts'
import { unlessMissing } from '../fixtures/programs.ts'
import { runInLab } from '../fixtures/run-in-lab.ts'

await runInLab(t, 'nmap', './nmap-main.ts', {
  lacking: unlessMissing('nmap') || undefined,
  prepare: host => void writeResolvConf(host, ['127.0.0.1']),
})
