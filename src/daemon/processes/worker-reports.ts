import type { ListenerEvent } from '../../listener/events.ts'
import type { DaemonEvent } from '../../log/types.ts'
import type { PipeEngine } from '../../pipe/join.ts'

/** Counters of one process, which can be summed over processes. */
export type Counters = {
  /** Open connections. */
  readonly connections: number
  /** Connections accepted since the process started, rejected ones included. */
  readonly accepted: number
  /** Bytes from clients to targets, and back, those of open connections included. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Open relays, by engine. */
  readonly pipes: Readonly<Record<PipeEngine, number>>
}

/** Counts the events of this process's connections. */
export type WorkerCounters = {
  readonly count: (event: ListenerEvent) => void
  /**
   * @param sessions open connections
   * @param pipes open relays
   */
  readonly read: (
    sessions: Iterable<{ readonly bytesUp: () => number; readonly bytesDown: () => number }>,
    pipes: Counters['pipes'],
  ) => Counters
}

export const createWorkerCounters = (): WorkerCounters => {
  let accepted = 0
  let closedUp = 0
  let closedDown = 0
  return {
    count: event => {
      if (event.type === 'accepted') accepted++
      else if (event.type === 'close') {
        closedUp += event.bytesUp
        closedDown += event.bytesDown
      }
    },
    read: (sessions, pipes) => {
      const open = [...sessions]
      return {
        connections: open.length,
        accepted,
        bytesUp: closedUp + sumOf(open, session => session.bytesUp()),
        bytesDown: closedDown + sumOf(open, session => session.bytesDown()),
        pipes,
      }
    },
  }
}

const sumOf = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0)

/** The sums of the counters of several processes. */
export const sumCounters = (all: readonly Counters[]): Counters => ({
  connections: sumOf(all, ({ connections }) => connections),
  accepted: sumOf(all, ({ accepted }) => accepted),
  bytesUp: sumOf(all, ({ bytesUp }) => bytesUp),
  bytesDown: sumOf(all, ({ bytesDown }) => bytesDown),
  pipes: {
    stream: sumOf(all, ({ pipes }) => pipes.stream),
    splice: sumOf(all, ({ pipes }) => pipes.splice),
  },
})

/** Addresses that any process has lost, each once. */
const lostAddresses = (events: readonly DaemonEvent[]): DaemonEvent[] => {
  const byAddress = new Map<string, DaemonEvent>()
  for (const event of events)
    if (event.type === 'listener-lost' && !byAddress.has(event.address))
      byAddress.set(event.address, event)
  return [...byAddress.values()]
}

/**
 * Joins the events of several processes into those of one daemon: the events of the first process, with the
 * connections and threads of all summed, and each address that any process has lost.
 */
export const joinEvents = (all: readonly (readonly DaemonEvent[])[]): DaemonEvent[] => {
  const every = all.flat()
  const join = (event: DaemonEvent): DaemonEvent => {
    if (event.type === 'listening') {
      const { address } = event
      const connections = sumOf(every, each =>
        each.type === 'listening' && each.address === address ? each.connections : 0,
      )
      return { ...event, connections }
    }
    if (event.type === 'limit') {
      const limits = every.filter(each => each.type === 'limit')
      return {
        ...event,
        connections: sumOf(limits, ({ connections }) => connections),
        maxConnections: sumOf(limits, ({ maxConnections }) => maxConnections),
      }
    }
    if (event.type === 'engine') {
      const workers = sumOf(every, each => (each.type === 'engine' ? each.workers : 0))
      return { ...event, workers }
    }
    return event
  }
  const first = (all[0] ?? []).filter(({ type }) => type !== 'listener-lost')
  return [...first.map(join), ...lostAddresses(every)]
}
