import type { Clock } from '../../core/clock.ts'
import type { RecordType } from '../../core/ip.ts'
import { createList, itemsOf } from '../../core/list.ts'
import { wireName } from '../../wire/dns/names.ts'
import type { BoundedSource } from '../coalesce.ts'
import type { QueryLoad, SocketBudget } from '../query-load.ts'
import type { Answer, Source } from '../types.ts'
import type { DnsTransport, ServerResult } from './ask-server.ts'
import { createAskServer } from './ask-server.ts'
import { runQuery } from './run-query.ts'
import type { DnsServer } from './servers.ts'
import { createEdnsMemory, createServerList } from './servers.ts'
import { createSingleRequest } from './single-request.ts'

/** The servers, and how to ask them. */
export type DnsSettings = {
  /** In order of preference. */
  readonly servers: readonly DnsServer[]
  /** Timeout in milliseconds per server and attempt, above 0. */
  readonly timeoutMs: number
  /** Attempts per server, 1 or more. */
  readonly attempts: number
  /** Each query starts with the server after the one with which the previous query started. */
  readonly rotate: boolean
  /** Uses TCP only. */
  readonly useTcp: boolean
}

/** A client of DNS servers. */
export type DnsClient = {
  readonly query: Source
  /** The network has changed: earlier failures do not count against any server. Queries in flight continue. */
  readonly forget: () => void
  /** Cancels all queries; they answer ECANCELLED. */
  readonly close: () => void
}

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }

/** A query, or a probe of a silent server. */
type Running = {
  readonly end: () => void
  before: Running | null
  after: Running | null
  isListed: boolean
}

const runningUntil = (end: () => void): Running => ({
  end,
  before: null,
  after: null,
  isListed: false,
})

/** Rotates the list so that it starts with the server at this index. */
const rotated = (servers: readonly DnsServer[], place: number): readonly DnsServer[] => {
  const first = place % Math.max(1, servers.length)
  return [...servers.slice(first), ...servers.slice(0, first)]
}

/**
 * Asks DNS servers with `runQuery`. A silent server moves behind the others, and is probed from time to
 * time with a query whose answer is not used.
 *
 * @param settings returns the current settings
 * @param sockets at least one per concurrent query
 */
export const createDnsClient = ({
  settings,
  clock,
  transport,
  sockets,
}: {
  readonly settings: () => DnsSettings
  readonly clock: Clock
  readonly transport: DnsTransport
  readonly sockets: SocketBudget
}): DnsClient => {
  const list = createServerList(clock)
  const edns = createEdnsMemory(clock)
  const askServer = createAskServer({ transport, clock, sockets, edns })
  const running = createList<Running>()
  let begun = 0
  let closed = false

  /** Sends a query to a silent server, to find out whether it answers again. */
  const probe = (server: DnsServer, name: string, record: RecordType): void => {
    const { timeoutMs, useTcp } = settings()
    const askedAt = clock.now()
    const own = runningUntil(() => stop())
    const stop = (): void => {
      running.delete(own)
      stopTimer()
      exchange.close()
    }
    const stopTimer = clock.after(timeoutMs, () => {
      exchange.timedOut()
      stop()
      list.silent(server.text, askedAt)
    })
    const exchange = askServer.startExchange({
      server,
      name: wireName(name),
      record,
      settle: (result: ServerResult) => {
        stop()
        if (result.type === 'unreached') list.silent(server.text, askedAt)
        else list.answered(server.text)
      },
      onTcp: () => {},
      useTcp,
    })
    running.add(own)
    exchange.ask()
    exchange.spare()
  }

  const query: Source = (name, record, settle, { isWanted }) => {
    if (closed) {
      settle(CANCELLED)
      return () => {}
    }
    const { servers: all, timeoutMs, attempts, rotate, useTcp } = settings()
    const { uses } = transport
    const known = uses ? all.filter(({ endpoint }) => uses(endpoint.family)) : all
    const servers = rotate ? rotated(known, begun++) : known
    let stop = (): void => {}
    const end = (answer: Answer): void => {
      running.delete(own)
      settle(answer)
    }
    const own = runningUntil(() => {
      stop()
      end(CANCELLED)
    })
    const { startExchange } = askServer
    const parts = { clock, list, startExchange, servers, timeoutMs, attempts, useTcp }
    running.add(own)
    stop = runQuery(parts, name, record, end, isWanted)
    const [first] = list.order(servers)
    for (const server of list.takeProbes(servers)) {
      if (server !== first && sockets.hasCapacity()) probe(server, name, record)
    }
    return () => {
      running.delete(own)
      stop()
    }
  }

  return {
    query,
    forget: () => {
      list.forget()
      edns.forget()
      askServer.forget()
    },
    close: () => {
      closed = true
      for (const { end } of itemsOf(running)) end()
      askServer.close()
    },
  }
}

/**
 * Creates a source that asks DNS servers.
 *
 * @param settings returns the current settings
 * @param load shared by all resolvers of a process
 */
export const createDnsSource = ({
  settings,
  clock,
  transport,
  load: { turns, max, sockets },
}: {
  readonly settings: () => DnsSettings & { readonly singleRequest: boolean }
  readonly clock: Clock
  readonly transport: DnsTransport
  readonly load: QueryLoad
}): BoundedSource => {
  const client = createDnsClient({ settings, clock, transport, sockets })
  return {
    query: createSingleRequest(client.query, () => settings().singleRequest),
    slots: { turns, max },
    forget: client.forget,
    close: client.close,
  }
}
