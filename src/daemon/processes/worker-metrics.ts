import type { Snapshot } from '../../metrics/snapshot.ts'
import { joinSnapshots, pastOf } from '../../metrics/snapshot.ts'
import type { WorkerControl } from './worker-control.ts'

type Counted = Pick<WorkerControl, 'metrics' | 'ended'>

/** The metrics of all worker processes as those of one daemon. */
export type WorkerMetrics = {
  /** A worker has been started. */
  readonly add: (worker: Counted) => void
  /** Sets the names of the listeners in force. */
  readonly setListeners: (names: readonly string[]) => void
  /** What the workers have last reported, and what is kept of those that have ended. */
  readonly read: () => Snapshot
}

/** Sums the metrics of workers. What a worker had counted stays in the sum when it has ended. */
export const createWorkerMetrics = (): WorkerMetrics => {
  const workers = new Set<Counted>()
  let past: Snapshot = {}
  let listeners: ReadonlySet<string> = new Set()

  const forgetEnded = (): void => {
    for (const worker of workers) {
      if (worker.ended() === null) continue
      workers.delete(worker)
      past = pastOf(joinSnapshots([past, worker.metrics()]), listeners)
    }
  }

  return {
    add: worker => {
      forgetEnded()
      workers.add(worker)
    },
    setListeners: names => {
      listeners = new Set(names)
    },
    read: () => {
      forgetEnded()
      return joinSnapshots([past, ...[...workers].map(worker => worker.metrics())])
    },
  }
}
