import type { Clock } from '../core/clock.ts'
import { createTurns } from '../core/turns.ts'
import type { SystemLookup } from '../net/system-lookup/create-system-lookup.ts'
import type { QuerySlots } from './coalesce.ts'
import type { DnsTransport } from './dns/ask-server.ts'
import { createDnsClient } from './dns/client.ts'
import type { QueryLoad } from './query-load.ts'
import { NAMES_WAITING_MAX } from './query-load.ts'
import type { SystemConfig } from './system-config.ts'
import { createSystemQuery } from './system.ts'
import type { Source } from './types.ts'

/** A source of answers, and the limit on its concurrent queries. */
export type BoundedSource = {
  readonly query: Source
  /** Limits the queries in flight. */
  readonly turns: QuerySlots
  /** The network has changed: earlier failures do not count against any server. */
  readonly forget: () => void
  readonly close: () => void
}

/**
 * Asks for the record types of one name in sequence (resolv.conf(5), `single-request`), because some
 * routers lose one of two simultaneous answers.
 *
 * @param isOn called for each query
 */
export const oneAtATime = (source: Source, isOn: () => boolean): Source => {
  /** Queued queries, by the name that has a query in flight. */
  const busy = new Map<string, Set<() => void>>()

  /** Sends the next query of a name after the previous one has ended. */
  const advance = (name: string): void => {
    const waiting = busy.get(name)
    const [next] = waiting ?? []
    if (next) {
      waiting?.delete(next)
      next()
    } else busy.delete(name)
  }

  return (name, record, settle, control) => {
    const waiting = busy.get(name)
    if (!waiting && !isOn()) return source(name, record, settle, control)
    let giveUp = (): void => {}
    let state: 'waiting' | 'asked' | 'over' = 'waiting'
    const end = (): void => {
      const wasAsked = state === 'asked'
      state = 'over'
      if (wasAsked) advance(name)
    }
    const ask = (): void => {
      state = 'asked'
      giveUp = source(
        name,
        record,
        answer => {
          end()
          settle(answer)
        },
        control,
      )
    }
    if (waiting) waiting.add(ask)
    else {
      busy.set(name, new Set())
      ask()
    }
    return () => {
      if (state === 'waiting') waiting?.delete(ask)
      else if (state === 'asked') giveUp()
      end()
    }
  }
}

/**
 * Creates a source that asks DNS servers.
 *
 * @param config returns the current configuration
 * @param load shared by all resolvers of a process
 */
export const createDnsSource = ({
  config,
  clock,
  transport,
  load: { turns, max, sockets },
}: {
  readonly config: () => SystemConfig
  readonly clock: Clock
  readonly transport: DnsTransport
  readonly load: QueryLoad
}): BoundedSource => {
  const client = createDnsClient({ settings: config, clock, transport, sockets })
  return {
    query: oneAtATime(client.query, () => config().singleRequest),
    turns: { turns, max },
    forget: client.forget,
    close: client.close,
  }
}

/**
 * Creates a source that asks the C library. One client gets half of its slots at most.
 *
 * @param lookup closed together with the source
 * @param timeoutMs returns the timeout of a lookup that starts now
 */
export const createSystemSource = ({
  lookup,
  clock,
  timeoutMs,
}: {
  readonly lookup: SystemLookup
  readonly clock: Clock
  readonly timeoutMs: () => number
}): BoundedSource => {
  const max = lookup.places
  const turns = createTurns({ max, waitingMax: 2 * NAMES_WAITING_MAX, ratio: 1 })
  const { query, relieve, forget } = createSystemQuery({ lookup, turns, clock, timeoutMs })
  return {
    query,
    turns: { turns, max, onWait: relieve },
    forget,
    close: lookup.close,
  }
}
