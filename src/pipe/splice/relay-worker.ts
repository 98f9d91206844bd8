import { performance } from 'node:perf_hooks'
import { workerData } from 'node:worker_threads'
import { fail } from '../../core/fail.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import type { RelayWorkerData } from './create-relay-worker.ts'
import { runRelayLoop } from './relay-loop.ts'
import { viewRelayMemory } from './relay-memory.ts'

// Entry point of a worker thread. Its Node event loop does not run before the relay loop has returned.
const { memory, wakeFd, notifyFd, pipes } = workerData as RelayWorkerData
const loaded = loadLibc()
if (!loaded.ok)
  throw fail('ERR_ENGINE', `a relay worker cannot load the C library: ${loaded.reason}`)
runRelayLoop({
  libc: loaded.libc,
  memory: viewRelayMemory(memory),
  wakeFd,
  notifyFd,
  pipeLimit: pipes,
  now: () => performance.now(),
})
