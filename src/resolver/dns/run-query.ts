import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { RecordType } from '../../core/family.ts'
import { wireName } from '../../wire/dns/names.ts'
import { ALIASES_MAX } from '../../wire/dns/parse-response.ts'
import { isNegative } from '../query.ts'
import type { Answer, LookupCode } from '../types.ts'
import type { AskServer, Conversation, Said } from './ask-server.ts'
import type { ServerList } from './server-list.ts'
import type { DnsServer } from './servers.ts'
import { toAnswer } from './to-answer.ts'

/** The server was not reached, or said nothing. All other codes are its own words, or say nothing of it. */
const SILENCE: ReadonlySet<LookupCode> = new Set<LookupCode>([
  'ETIMEDOUT',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
])

const TIMED_OUT: Answer = { ok: false, code: 'ETIMEDOUT', source: 'dns' }

/** What has been asked of one server by one query. */
type Asked = {
  readonly conversation: Conversation
  askedAt: number
  /** Its timeout is over: the next server has been asked already. */
  late: boolean
  stopTimer: CancelTimer
}

/** What a query is made of. */
export type QueryParts = {
  readonly clock: Clock
  readonly list: ServerList
  readonly converse: AskServer['converse']
  /** In the order of the configuration. */
  readonly servers: readonly DnsServer[]
  /** Milliseconds for each server and attempt. */
  readonly timeoutMs: number
  /** For each server, 1 or more. */
  readonly attempts: number
  readonly useTcp: boolean
}

/**
 * Asks the servers in turn: the next one when a server does not answer within its timeout, when it
 * cannot be reached, and when it answers with a failure. Each is asked up to `attempts` times, but
 * not again once it has answered. An answer that comes after its timeout still counts while the query
 * lives and its socket is not needed for another.
 *
 * @param text the name, lower case and without a final dot
 * @param settle called once at most, possibly before the call returns; ECANCELLED where nobody wants
 *   the answer when a timeout is over
 * @param isWanted whether it is worth asking once more
 * @returns ends the query; `settle` is not called any more
 */
export const runQuery = (
  { clock, list, converse, servers, timeoutMs, attempts, useTcp }: QueryParts,
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
  /** Servers that have said that they cannot answer. */
  const failed = new Set<string>()

  const stop = (): void => {
    for (const { stopTimer, conversation } of asked.values()) {
      stopTimer()
      conversation.close()
    }
    asked.clear()
  }

  const end = (answer: Answer): void => {
    stop()
    settle(answer)
  }

  /** Of several servers that are silent none is to blame alone. */
  const blame = (answer: Answer, server: string): Answer =>
    answer.ok || (answer.code === 'ETIMEDOUT' && order.length > 1) ? answer : { ...answer, server }

  /** The same question of the name that an alias leads to (RFC 1034 section 5.3.3). */
  const follow = (alias: Said & { readonly type: 'alias' }): void => {
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

  const hear = ({ text: server }: DnsServer, said: Said): void => {
    const { late = false, askedAt = 0, stopTimer } = asked.get(server) ?? {}
    stopTimer?.()
    asked.delete(server)
    if (said.type === 'alias') {
      list.answered(server)
      return follow(said)
    }
    const answer = toAnswer(said, ttlMax)
    const code = answer.ok ? undefined : answer.code
    const isSilent = code !== undefined && SILENCE.has(code)
    if (isSilent) list.silent(server, askedAt)
    else if (code !== 'EMFILE') list.answered(server)
    // Another server would say no better: of a circle of aliases, or where there is no socket to ask by.
    const isLast = said.type === 'loop' || code === 'EMFILE'
    if (code === undefined || isNegative(answer) || isLast) return end(answer)
    // What a server said is worth more to a reader than that another was silent.
    if (!isSilent) failed.add(server)
    if (!isSilent || failed.size === 0) failure = blame(answer, server)
    // The next one has been asked already when the timeout was over.
    if (!late) askNext()
  }

  const startTimer = ({ text: server }: DnsServer, each: Asked): void => {
    each.late = false
    each.askedAt = clock.now()
    each.stopTimer()
    each.stopTimer = clock.after(timeoutMs, () => {
      each.late = true
      list.silent(server, each.askedAt)
      each.conversation.timedOut()
      if (failed.size === 0) failure = blame(TIMED_OUT, server)
      if (isWanted()) askNext()
      else end({ ok: false, code: 'ECANCELLED', source: 'dns' })
    })
  }

  const begin = (server: DnsServer): Asked => {
    const conversation = converse({
      server,
      name,
      record,
      settle: said => hear(server, said),
      onTcp: () => {
        const own = asked.get(server.text)
        // By TCP it has its whole time again, unless another one is asked by now.
        if (own?.late === false) startTimer(server, own)
      },
      useTcp,
    })
    const begun: Asked = { conversation, askedAt: 0, late: false, stopTimer: () => {} }
    asked.set(server.text, begun)
    return begun
  }

  const askNext = (): void => {
    while (next < order.length * attempts) {
      const server = order[next++ % order.length]
      if (!server || failed.has(server.text)) continue
      const each = asked.get(server.text) ?? begin(server)
      startTimer(server, each)
      return each.conversation.ask()
    }
    end(failure)
  }

  askNext()
  return stop
}
