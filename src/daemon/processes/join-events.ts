import type { DaemonEvent } from '../../log/types.ts'

const sumOf = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0)

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
