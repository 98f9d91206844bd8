import { statSync } from 'node:fs'
import type { Snapshot } from '../metrics/snapshot.ts'
import { countOpenFiles, openFilesLimit } from '../net/host/open-files.ts'

const MICROSECONDS = 1e6

/** Since Linux 6.2 the size of this directory is the number of descriptors; before, it was 0. */
const openFiles = (): number => {
  try {
    const { size } = statSync('/proc/self/fd')
    if (size > 0) return size
  } catch {
    // Another system than Linux.
  }
  return countOpenFiles()
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Measures this process, as prom-client's default metrics do, but without their timers between two scrapes. */
export const readProcess = async (): Promise<Snapshot> => {
  const begin = performance.now()
  await turn()
  const lag = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  const one = (value: number): ReadonlyMap<string, number> => new Map([['', value]])
  return {
    process_cpu_seconds_total: one((user + system) / MICROSECONDS),
    process_start_time_seconds: one(Math.round(performance.timeOrigin) / 1000),
    process_resident_memory_bytes: one(rss),
    process_open_fds: one(openFiles()),
    process_max_fds: one(openFilesLimit()),
    nodejs_heap_size_used_bytes: one(heapUsed),
    nodejs_eventloop_lag_seconds: one(lag),
  }
}
