import { availableParallelism } from 'node:os'
import type { Config } from '../../config/types.ts'

/** One of several processes: the `index`-th, counted from 0. */
export type ShareOf = { readonly index: number; readonly processes: number }

/** The `index`-th part of a whole number: parts differ by at most 1 and add up to the whole. */
const part = (whole: number, { index, processes }: ShareOf): number =>
  Math.floor(whole / processes) + (index < whole % processes ? 1 : 0)

/**
 * The part of a configuration that applies to one process. `maxConnections` and the threads are divided
 * among the processes, and each process gets at least 1. `maxConnectionsPerClient` is divided and rounded
 * up, because the kernel may give a client's next connection to any process.
 *
 * @param cores cores of the host; the number that the system reports by default
 */
export const configShare = (
  config: Config,
  share: ShareOf,
  cores = availableParallelism(),
): Config => {
  const { limits, pipe } = config
  const threads = Math.floor(cores / 2 / share.processes)
  return {
    ...config,
    limits: {
      ...limits,
      maxConnections: Math.max(1, part(limits.maxConnections, share)),
      maxConnectionsPerClient: Math.ceil(limits.maxConnectionsPerClient / share.processes),
    },
    pipe: { ...pipe, workers: pipe.workers === 'auto' ? Math.max(1, threads) : pipe.workers },
  }
}
