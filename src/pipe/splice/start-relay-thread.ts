import { Worker } from 'node:worker_threads'
import type { SharedRelayMemory } from './relay-memory.ts'

/** What a relay worker is given. The two event descriptors are the main thread's to close, after its end. */
export type RelayWorkerData = {
  readonly memory: SharedRelayMemory
  /** An eventfd that the main thread writes to when the worker sleeps and has work. */
  readonly wakeFd: number
  /** An eventfd that the worker writes to when relays have ended. */
  readonly notifyFd: number
}

/** A worker that was started, as its pool sees it. */
export type RelayThread = {
  /** @param failed hears what the worker threw, before `exited` */
  readonly listen: (failed: (error: Error) => void, exited: () => void) => void
}

export type StartRelayThread = (data: RelayWorkerData) => RelayThread

const source = new URL(
  import.meta.url.endsWith('.ts') ? './relay-worker.ts' : './relay-worker.js',
  import.meta.url,
)

/** No dependency of the package: only its sources, run as they are, come here. */
const TSX = 'tsx/esm/api'

/**
 * Sources that are run as they are need tsx in the worker too. What was loaded into the main thread for
 * that does not reach a worker of every Node, so a module in an URL loads it.
 */
const throughTsx = (): URL => {
  const { href } = source
  const lines = [
    `import { register } from ${JSON.stringify(import.meta.resolve(TSX))}`,
    'register()',
    `await import(${JSON.stringify(href)})`,
  ]
  return new URL(`data:text/javascript,${encodeURIComponent(lines.join('\n'))}`)
}

/** Starts a relay worker, as a thread of its own. */
export const startRelayThread: StartRelayThread = workerData => {
  const worker = source.href.endsWith('.ts')
    ? new Worker(throughTsx(), { workerData, execArgv: [] })
    : new Worker(source, { workerData })
  return {
    listen: (failed, exited) => {
      worker.on('error', failed).on('exit', exited)
    },
  }
}
