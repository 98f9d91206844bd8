import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { RecordType } from '../../core/ip.ts'
import { wireName } from '../../wire/dns/names.ts'
import { ALIASES_MAX } from '../../wire/dns/parse-response.ts'
import type { Answer, LookupCode } from '../types.ts'
import type { AskServer, Exchange, ServerResult } from './ask-server.ts'
import type { DnsServer, ServerList } from './servers.ts'
import { toAnswer, isNegative } from '../answers.ts'

/** Codes for an unreachable or silent server. Any other code comes from the server, or says nothing about it. */
const SILENT: ReadonlySet<LookupCode> = new Set<LookupCode>([
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
  'ENODEV',
])

const TIMED_OUT: Answer = { ok: false, code: 'ETIMEDOUT', source: 'dns' }

/** The state of one server in one query. */
type Asked = {
  readonly exchange: Exchange
  askedAt: number
  /** The timeout has expired, and the next server has been asked. */
  late: boolean
  stopTimer: CancelTimer
}

/** Dependencies and settings of a query. */
export type QueryParts = {
  readonly clock: Clock
  readonly list: ServerList
  readonly startExchange: AskServer['startExchange']
  /** In the order of the configuration. */
  readonly servers: readonly DnsServer[]
  /** Timeout in milliseconds per server and attempt. */
  readonly timeoutMs: number
  /** Attempts per server, 1 or more. */
  readonly attempts: number
  readonly useTcp: boolean
}

/**
 * Asks the servers in turn: the next one after a timeout, if a server is unreachable, or after a failure
 * response. Each is asked up to `attempts` times, but not again after its response. An answer after the
 * timeout still counts while the query runs and its socket is not needed for another query.
 *
 * @param text the name, lower case and without a final dot
 * @param settle called at most once, possibly before the call returns; ECANCELLED if nobody wants the
 *   answer when a timeout expires
 * @param isWanted whether to try again after a timeout
 * @returns cancels the query; `settle` is not called any more
 */
export const runQuery = (
  { clock, list, startExchange, servers, timeoutMs, attempts, useTcp }: QueryParts,
  text: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  isWanted: () => boolean,
): (() => void) => {
  let name = wireName(text)
  let links = 0
  let ttlMax = Number.POSITIVE_INFINITY
  let order = list.order(servers)
  let next = 0
  let failure: Answer = { ok: false, code: 'ECONNREFUSED', source: 'dns' }
  const asked = new Map<string, Asked>()
  /** Servers that have responded with a failure. */
  const failed = new Set<string>()

  const stop = (): void => {
    for (const { stopTimer, exchange } of asked.values()) {
      stopTimer()
      exchange.close()
    }
    asked.clear()
  }

  const end = (answer: Answer): void => {
    stop()
    settle(answer)
  }

  /** Adds the server to a failure, but not to a timeout if there are several servers: all of them were silent. */
  const withServer = (answer: Answer, server: string): Answer =>
    answer.ok || (answer.code === 'ETIMEDOUT' && order.length > 1) ? answer : { ...answer, server }

  /** Asks the same query for the target of an alias (RFC 1034 section 5.3.3). */
  const follow = (alias: ServerResult & { readonly type: 'alias' }): void => {
    stop()
    links += alias.links
    ttlMax = Math.min(ttlMax, alias.ttl)
    if (links > ALIASES_MAX) return end(toAnswer({ type: 'loop' }, ttlMax))
    ;({ name } = alias)
    order = list.order(servers)
    next = 0
    failed.clear()
    askNext()
  }

  const onResult = ({ text: server }: DnsServer, result: ServerResult): void => {
    const { late = false, askedAt = 0, stopTimer } = asked.get(server) ?? {}
    stopTimer?.()
    asked.delete(server)
    if (result.type === 'alias') {
      list.answered(server)
      return follow(result)
    }
    const answer = toAnswer(result, ttlMax)
    const code = answer.ok ? undefined : answer.code
    const isSilent = code !== undefined && SILENT.has(code)
    if (isSilent) list.silent(server, askedAt)
    else if (code !== 'EMFILE') list.answered(server)
    // Another server cannot help with an alias loop, or if this process has no descriptor for a socket.
    const isLast = result.type === 'loop' || code === 'EMFILE'
    if (code === undefined || isNegative(answer) || isLast) return end(answer)
    // A failure response explains more than a silent server, so it is the one reported.
    if (!isSilent) failed.add(server)
    if (!isSilent || failed.size === 0) failure = withServer(answer, server)
    // If the timeout has expired, the next server was asked then.
    if (!late) askNext()
  }

  const startTimer = ({ text: server }: DnsServer, each: Asked): void => {
    each.late = false
    each.askedAt = clock.now()
    each.stopTimer()
    each.stopTimer = clock.after(timeoutMs, () => {
      each.late = true
      list.silent(server, each.askedAt)
      each.exchange.timedOut()
      if (failed.size === 0) failure = withServer(TIMED_OUT, server)
      if (isWanted()) askNext()
      else end({ ok: false, code: 'ECANCELLED', source: 'dns' })
    })
  }

  const begin = (server: DnsServer): Asked => {
    const exchange = startExchange({
      server,
      name,
      record,
      settle: result => onResult(server, result),
      onTcp: () => {
        const own = asked.get(server.text)
        // The full timeout starts again for TCP, unless the next server has already been asked.
        if (own?.late === false) startTimer(server, own)
      },
      useTcp,
    })
    const begun: Asked = { exchange, askedAt: 0, late: false, stopTimer: () => {} }
    asked.set(server.text, begun)
    return begun
  }

  const askNext = (): void => {
    while (next < order.length * attempts) {
      const server = order[next++ % order.length]
      if (!server || failed.has(server.text)) continue
      const each = asked.get(server.text) ?? begin(server)
      startTimer(server, each)
      return each.exchange.ask()
    }
    end(failure)
  }

  askNext()
  return stop
}
