import { Worker } from 'node:worker_threads'
import type { SharedRelayMemory } from './relay-memory.ts'

/** What a relay worker gets. The main thread closes the two eventfds after the worker has exited. */
export type RelayWorkerData = {
  readonly memory: SharedRelayMemory
  /** An eventfd that the main thread writes to if the worker waits and has work. */
  readonly wakeFd: number
  /** An eventfd that the worker writes to when relays have ended. */
  readonly notifyFd: number
  /** The most pipes at a time, 0 or more. */
  readonly pipes: number
}

/** A started worker thread, as the pool sees it. */
export type RelayThread = {
  /** @param failed called with what the worker threw, before `exited` */
  readonly listen: (failed: (error: Error) => void, exited: () => void) => void
}

export type StartRelayThread = (data: RelayWorkerData) => RelayThread

/** Starts a relay worker in a thread of its own. */
export const startRelayThread: StartRelayThread = workerData => {
  const worker = new Worker(new URL('./relay-worker.js', import.meta.url), { workerData })
  return {
    listen: (failed, exited) => {
      worker.on('error', failed).on('exit', exited)
    },
  }
}
