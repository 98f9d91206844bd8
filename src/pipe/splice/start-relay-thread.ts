import { Worker } from 'node:worker_threads'
import type { SharedRelayMemory } from './relay-memory.ts'

/** What a relay worker is given. The two event descriptors are the main thread's to close, after its end. */
export type RelayWorkerData = {
  readonly memory: SharedRelayMemory
  /** An eventfd that the main thread writes to when the worker sleeps and has work. */
  readonly wakeFd: number
  /** An eventfd that the worker writes to when relays have ended. */
  readonly notifyFd: number
  /** Pipes at a time, 0 or more. */
  readonly pipes: number
}

/** A worker that was started, as its pool sees it. */
export type RelayThread = {
  /** @param failed hears what the worker threw, before `exited` */
  readonly listen: (failed: (error: Error) => void, exited: () => void) => void
}

export type StartRelayThread = (data: RelayWorkerData) => RelayThread

/** Starts a relay worker, as a thread of its own. */
export const startRelayThread: StartRelayThread = workerData => {
  const worker = new Worker(new URL('./relay-worker.js', import.meta.url), { workerData })
  return {
    listen: (failed, exited) => {
      worker.on('error', failed).on('exit', exited)
    },
  }
}
