import type { FromWorker, ToWorker } from './types.ts'

/** A worker process, as the primary sees it. */
export type WorkerProcess = {
  readonly pid: number
  /** Does nothing if the process has ended. */
  readonly send: (message: ToWorker) => void
  /** Ends the process at once (SIGKILL). */
  readonly kill: () => void
  /** Registers the listeners; earlier output is not lost. `gone` is called last, and once. */
  readonly listen: (listeners: WorkerListeners) => void
}

export type WorkerListeners = {
  readonly message: (message: FromWorker) => void
  /** A log line of the worker, with its line break. */
  readonly line: (line: string) => void
  /** @param how how the process ended, for people */
  readonly gone: (how: string) => void
}

export type StartWorkerProcess = () => WorkerProcess
