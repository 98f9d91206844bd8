import type { ProcessStatus } from '../admin/daemon-view.ts'
import type { ListenerEvent } from '../listener/events.ts'

/** The events of this process's connections, counted for `/status`. */
export type StatusCounts = {
  readonly count: (event: ListenerEvent) => void
  /** Connections by listener. */
  readonly accepted: (listener: string) => number
  readonly read: () => Pick<ProcessStatus, 'races'> & {
    readonly accepted: number
    readonly rejected: number
    /** Bytes of connections that have ended. */
    readonly closed: { readonly up: number; readonly down: number }
  }
}

export const createStatusCounts = (): StatusCounts => {
  const listeners = new Map<string, number>()
  const won = { 4: 0, 6: 0 }
  const closed = { up: 0, down: 0 }
  let [accepted, rejected, failed, aborted, hidden] = [0, 0, 0, 0, 0]
  return {
    count: event => {
      switch (event.type) {
        case 'accepted':
          accepted++
          listeners.set(event.listener, (listeners.get(event.listener) ?? 0) + 1)
          return
        case 'rejected':
          rejected++
          return
        case 'race':
          if (event.outcome === 'failed') failed++
          else if (event.outcome === 'aborted') aborted++
          else won[event.summary.winner?.family ?? 4]++
          if (event.summary.hidden) hidden++
          return
        case 'close':
          closed.up += event.bytesUp
          closed.down += event.bytesDown
          return
        case 'request':
      }
    },
    accepted: listener => listeners.get(listener) ?? 0,
    read: () => ({
      accepted,
      rejected,
      races: { won: { ...won }, failed, aborted, hidden },
      closed: { ...closed },
    }),
  }
}

const sumOf = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0)

/** The status of several processes together; they have the same listeners. */
export const sumStatus = (all: readonly ProcessStatus[]): ProcessStatus => {
  const [first] = all
  const sum = (value: (status: ProcessStatus) => number): number => sumOf(all, value)
  return {
    engine: first?.engine ?? 'stream',
    listeners: (first?.listeners ?? []).map(({ name, protocol, addresses }) => {
      const same = all.flatMap(({ listeners }) =>
        listeners.filter(listener => listener.name === name),
      )
      const accepted = sumOf(same, each => each.accepted)
      const active = sumOf(same, each => each.active)
      return { name, protocol, addresses, accepted, active }
    }),
    connections: {
      active: sum(({ connections }) => connections.active),
      limit: sum(({ connections }) => connections.limit),
      accepted: sum(({ connections }) => connections.accepted),
      rejected: sum(({ connections }) => connections.rejected),
    },
    races: {
      won: { 4: sum(({ races }) => races.won[4]), 6: sum(({ races }) => races.won[6]) },
      failed: sum(({ races }) => races.failed),
      aborted: sum(({ races }) => races.aborted),
      hidden: sum(({ races }) => races.hidden),
    },
    bytes: { up: sum(({ bytes }) => bytes.up), down: sum(({ bytes }) => bytes.down) },
    dnsWaiting: sum(({ dnsWaiting }) => dnsWaiting),
    logDropped: sum(({ logDropped }) => logDropped),
  }
}
