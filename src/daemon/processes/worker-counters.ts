import type { ListenerEvent } from '../../listener/events.ts'
import type { Counters } from './types.ts'

/** Counts the events of this process's connections. */
export type WorkerCounters = {
  readonly count: (event: ListenerEvent) => void
  /**
   * @param connections open connections
   * @param pipes open relays
   * @param relayed bytes that the kernel has moved, those of open relays included
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
