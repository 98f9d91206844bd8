import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'

/** How many files a process may have open: its hard limit, which the load generator and Node take for themselves. */
export const openFileLimit = (): number => {
  const limits = readFileSync('/proc/self/limits', 'latin1')
  const [, hard = ''] = /^Max open files +\S+ +(\S+)/m.exec(limits) ?? []
  return hard === 'unlimited' ? 1_000_000 : Number(hard)
}

/** What a run's figures depend on. */
export const machine = (): Readonly<Record<string, string | number>> => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  openFiles: openFileLimit(),
  loadGenerator: `Node ${process.version.slice(1)}`,
})
