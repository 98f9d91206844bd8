import { availableParallelism } from 'node:os'
import type { Config } from '../../config/types.ts'

/** One of several processes: the `index`-th, counted from 0. */
export type ShareOf = { readonly index: number; readonly processes: number }

/** The `index`-th part of a whole number: the parts differ by 1 at most, and together are the whole. */
const part = (whole: number, { index, processes }: ShareOf): number =>
  Math.floor(whole / processes) + (index < whole % processes ? 1 : 0)

/**
 * What one of several processes is told of a configuration. `maxConnections` is split, so that over all
 * it holds; no process can be told less than 1. Of `maxConnectionsPerClient` each has its part, rounded
 * up: nobody knows to which process a client's next connection goes. Threads are shared as cores are.
 *
 * @param cores of the host; what the system says by default
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
