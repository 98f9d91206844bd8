import { statSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import type { MetricName } from '../metrics/metrics.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import { listOpenFiles, openFilesLimit } from '../net/host/open-files.ts'
import { residentBytes } from '../net/host/resident-bytes.ts'

const MICROSECONDS = 1e6

/** Since Linux 6.2 the size of this directory is the number of descriptors; before, it was 0. */
const openFiles = (): number | null => {
  try {
    const { size } = statSync('/proc/self/fd')
    if (size > 0) return size
  } catch {
    // Another system than Linux, or /proc is not mounted.
  }
  return listOpenFiles()
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** How the values are read that the host may not give. */
export type ProcessSources = {
  readonly residentBytes: () => number | null
  readonly openFiles: () => number | null
}

/**
 * Measures this process, as prom-client's default metrics do, but without their timers between two scrapes. It
 * never rejects: a value that cannot be read is left out.
 */
export const readProcess = async (
  sources: ProcessSources = { residentBytes, openFiles },
): Promise<Snapshot> => {
  const begin = performance.now()
  await turn()
  const lag = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage()
  const values: [MetricName, number | null][] = [
    ['process_cpu_seconds_total', (user + system) / MICROSECONDS],
    ['process_start_time_seconds', Math.round(performance.timeOrigin) / 1000],
    ['process_resident_memory_bytes', sources.residentBytes()],
    ['process_open_fds', sources.openFiles()],
    ['process_max_fds', openFilesLimit()],
    ['nodejs_heap_size_used_bytes', getHeapStatistics().used_heap_size],
    ['nodejs_eventloop_lag_seconds', lag],
  ]
  return Object.fromEntries(
    values.flatMap(([name, value]) => (value === null ? [] : [[name, new Map([['', value]])]])),
  )
}
