import type { Clock } from '../../core/clock.ts'
import type { RecordType } from '../../core/family.ts'
import { createList, itemsOf } from '../../core/list.ts'
import { wireName } from '../../wire/dns/names.ts'
import type { Source } from '../query.ts'
import type { Answer } from '../types.ts'
import { createAskServer } from './ask-server.ts'
import type { DnsTransport, Said } from './ask-server.ts'
import { createEdnsMemory } from './edns-memory.ts'
import { runQuery } from './run-query.ts'
import { createServerList } from './server-list.ts'
import type { DnsServer } from './servers.ts'
import type { SocketBudget } from './socket-budget.ts'

/** Whom to ask, and how. */
export type DnsSettings = {
  /** In the order in which they are asked. */
  readonly servers: readonly DnsServer[]
  /** Milliseconds to wait for each server at each attempt, above 0. */
  readonly timeoutMs: number
  /** How often each server is asked, 1 or more. */
  readonly attempts: number
  /** Each query begins with the server behind the one that the query before began with. */
  readonly rotate: boolean
  /** Asks by TCP alone. */
  readonly useTcp: boolean
}

/** Queries to DNS servers. */
export type DnsClient = {
  readonly query: Source
  /** The network is another one: nothing is held against any server any longer. Queries under way go on. */
  readonly forget: () => void
  /** Ends all queries; they answer ECANCELLED. */
  readonly close: () => void
}

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }

/** A query, or a question to a silent server. */
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

/** The servers with the one of this place in front, and those before it behind. */
const rotated = (servers: readonly DnsServer[], place: number): readonly DnsServer[] => {
  const first = place % Math.max(1, servers.length)
  return [...servers.slice(first), ...servers.slice(0, first)]
}

/**
 * Asks DNS servers, as `runQuery` says. A server that was silent goes behind the others; now and then one
 * question goes to it as well, and nobody waits for that.
 *
 * @param settings as they are at this moment
 * @param sockets as many as there are queries at a time, or more
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

  /** Asks a silent server the same question for its own sake: whether it is back. */
  const probe = (server: DnsServer, name: string, record: RecordType): void => {
    const { timeoutMs, useTcp } = settings()
    const askedAt = clock.now()
    const own = runningUntil(() => stop())
    const stop = (): void => {
      running.delete(own)
      stopTimer()
      conversation.close()
    }
    const stopTimer = clock.after(timeoutMs, () => {
      conversation.timedOut()
      stop()
      list.silent(server.text, askedAt)
    })
    const conversation = askServer.converse({
      server,
      name: wireName(name),
      record,
      settle: (said: Said) => {
        stop()
        if (said.type === 'unreached') list.silent(server.text, askedAt)
        else list.answered(server.text)
      },
      onTcp: () => {},
      useTcp,
    })
    running.add(own)
    conversation.ask()
    conversation.spare()
  }

  const query: Source = (name, record, settle, { isWanted }) => {
    if (closed) {
      settle(CANCELLED)
      return () => {}
    }
    const { servers: known, timeoutMs, attempts, rotate, useTcp } = settings()
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
    const { converse } = askServer
    const parts = { clock, list, converse, servers, timeoutMs, attempts, useTcp }
    running.add(own)
    stop = runQuery(parts, name, record, end, isWanted)
    const [first] = list.order(servers)
    for (const server of list.takeProbes(servers)) {
      if (server !== first && sockets.hasRoom()) probe(server, name, record)
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
