import type { ListenerEvent } from '../../listener/events.ts'
import type { Counters } from './types.ts'

/** Counts what happens to the connections of this process. */
export type WorkerCounters = {
  readonly count: (event: ListenerEvent) => void
  /**
   * @param connections that are open
   * @param pipes that are open
   * @param relayed bytes that the kernel has moved, of open pipes as well
   */
  readonly read: (
    connections: number,
    pipes: Counters['pipes'],
    relayed: { readonly up: number; readonly down: number },
  ) => Counters
}

export const createWorkerCounters = (): WorkerCounters => {
  let accepted = 0
  let streamedUp = 0
  let streamedDown = 0
  return {
    count: event => {
      if (event.type === 'accepted') accepted++
      else if (event.type === 'close' && event.engine === 'stream') {
        streamedUp += event.bytesUp
        streamedDown += event.bytesDown
      }
    },
    read: (connections, pipes, { up, down }) => ({
      connections,
      accepted,
      bytesUp: streamedUp + up,
      bytesDown: streamedDown + down,
      pipes,
    }),
  }
}
