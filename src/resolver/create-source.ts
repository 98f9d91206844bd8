import type { Clock } from '../core/clock.ts'
import { createTurns } from '../core/turns.ts'
import type { SystemLookup } from '../net/system-lookup/types.ts'
import type { QuestionTurns } from './coalesce.ts'
import type { DnsTransport } from './dns/ask-server.ts'
import { createDnsClient } from './dns/client.ts'
import { oneAtATime } from './dns/one-at-a-time.ts'
import type { QueryLoad } from './query-load.ts'
import { NAMES_WAITING_MAX } from './query-load.ts'
import type { Source } from './query.ts'
import type { SystemConfig } from './system-config.ts'
import { createSystemQuery } from './system.ts'

/** What a resolver asks where it does not know. */
export type BoundedSource = {
  readonly query: Source
  /** What bounds its questions in flight. */
  readonly turns: QuestionTurns
  /** The network is another one: nothing is held against any server any longer. */
  readonly forget: () => void
  readonly close: () => void
}

/**
 * DNS servers as a source.
 *
 * @param config as it is at this moment
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
 * The C library as a source. One client gets half of its places, however many it asks for.
 *
 * @param lookup is closed with the source
 * @param timeoutMs for one lookup that begins at this moment
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
