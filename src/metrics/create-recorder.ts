import type { ListenerEvent } from '../listener/events.ts'
import type { DnsCounts } from './dns-counts.ts'
import { createDnsCounts } from './dns-counts.ts'
import type { ListenerCounts } from './listener-counts.ts'
import { createListenerCounts } from './listener-counts.ts'
import { createRaceCounts } from './race-counts.ts'
import type { Snapshot } from './snapshot.ts'

/** What a snapshot takes from the process at its time. */
export type Readings = {
  /** Open connections. */
  readonly sessions: Iterable<{
    readonly listener: string
    readonly bytesUp: () => number
    readonly bytesDown: () => number
  }>
  readonly limit: number
  readonly pipes: { readonly stream: number; readonly splice: number }
  readonly dnsWaiting: number
  readonly logDropped: number
}

/** Counts the events of one process's connections and resolvers. */
export type Recorder = Pick<DnsCounts, 'onQuery' | 'onCache'> &
  Pick<ListenerCounts, 'setListeners'> & {
    readonly count: (event: ListenerEvent) => void
    readonly read: (now: Readings) => Snapshot
  }

/**
 * Creates the counters of a process. They run from its start on, whether anybody reads them or not: the events
 * exist for the log anyway, and counting one takes less than a microsecond.
 */
export const createRecorder = (): Recorder => {
  const listeners = createListenerCounts()
  const races = createRaceCounts()
  const dns = createDnsCounts()
  const closed = { up: 0, down: 0 }
  /** A write that fails takes back bytes that a pipe had counted, and a counter must not fall. */
  const shown = { up: 0, down: 0 }

  const readSessions = (sessions: Readings['sessions']): Map<string, number> => {
    const active = new Map<string, number>()
    let { up, down } = closed
    for (const session of sessions) {
      active.set(session.listener, (active.get(session.listener) ?? 0) + 1)
      up += session.bytesUp()
      down += session.bytesDown()
    }
    shown.up = Math.max(shown.up, up)
    shown.down = Math.max(shown.down, down)
    return active
  }

  return {
    onQuery: dns.onQuery,
    onCache: dns.onCache,
    setListeners: listeners.setListeners,
    count: event => {
      switch (event.type) {
        case 'accepted':
          return listeners.accepted(event.listener)
        case 'rejected':
          return listeners.rejected(event)
        case 'race':
          return races.count(event)
        case 'close':
          closed.up += event.bytesUp
          closed.down += event.bytesDown
          return
        case 'request':
      }
    },
    read: ({ sessions, limit, pipes, dnsWaiting, logDropped }) => {
      const active = readSessions(sessions)
      const counted = listeners.read()
      for (const listener of counted.eyeballd_connections_total?.keys() ?? [])
        if (!active.has(listener)) active.set(listener, 0)
      return {
        ...counted,
        ...races.read(),
        ...dns.read(),
        eyeballd_connections_active: active,
        eyeballd_connections_limit: new Map([['', limit]]),
        eyeballd_bytes_total: new Map(Object.entries(shown)),
        eyeballd_pipes_active: new Map(Object.entries(pipes)),
        eyeballd_dns_waiting: new Map([['', dnsWaiting]]),
        eyeballd_log_dropped_total: new Map([['', logDropped]]),
      }
    },
  }
}
