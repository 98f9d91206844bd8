import type { FromWorker, ToWorker } from './types.ts'

/** A worker's process, as the primary sees it. */
export type WorkerProcess = {
  readonly pid: number
  /** Does nothing where the process is gone. */
  readonly send: (message: ToWorker) => void
  /** Ends it at once (SIGKILL). */
  readonly kill: () => void
  /** Calls what is given from now on; nothing that came before is missed. `gone` is the last, and comes once. */
  readonly listen: (listeners: WorkerListeners) => void
}

export type WorkerListeners = {
  readonly message: (message: FromWorker) => void
  /** A line of its log, with its line break. */
  readonly line: (line: string) => void
  /** @param how it ended, for people */
  readonly gone: (how: string) => void
}

export type StartWorkerProcess = () => WorkerProcess
